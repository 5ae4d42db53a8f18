package org.postern.broker.signin;

import java.util.Base64;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postern.identity.IdentityException;
import org.postern.identity.ServiceKey;
import org.postern.policystore.jdbc.ServiceKeys;
import org.postern.policystore.jdbc.ServiceKeys.State;

/**
 * The broker's own keys towards identity providers, as all brokers share them. Read again after a
 * minute, so that a rotation at one broker reaches the others. Blocking; safe on any thread.
 */
public final class ServiceKeyRing {
  private static final long AGE_NANOS = 60_000_000_000L;

  private final ServiceKeys stored;
  private final Maker maker;
  private final LongSupplier nanoTime;
  private @Nullable Keys keys;
  private long readAt;

  /** Makes a key when there is none, or a next one. */
  @FunctionalInterface
  public interface Maker {
    /** A fresh key. */
    ServiceKey make();
  }

  /**
   * The keys.
   *
   * @param active signs
   * @param published active, next and previous: what providers may believe and encrypt to
   */
  public record Keys(ServiceKey active, List<Entry> published) {
    /** Copies the list. */
    public Keys {
      published = List.copyOf(published);
    }

    /** Those whose certificates providers should have: the previous one is only still opened. */
    public Stream<ServiceKey> announced() {
      return published.stream().filter(each -> each.state() != State.PREVIOUS).map(Entry::key);
    }
  }

  /** One key. */
  public record Entry(String id, State state, ServiceKey key) {}

  /**
   * Over what is stored.
   *
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public ServiceKeyRing(ServiceKeys stored, Maker maker, LongSupplier nanoTime) {
    this.stored = stored;
    this.maker = maker;
    this.nanoTime = nanoTime;
  }

  /** The keys now. */
  public synchronized Keys keys() {
    Keys known = keys;
    if (known != null && nanoTime.getAsLong() - readAt < AGE_NANOS) {
      return known;
    }
    List<Entry> all = stored.load(this::fresh).stream().map(ServiceKeyRing::open).toList();
    ServiceKey active =
        all.stream()
            .filter(each -> each.state() == State.ACTIVE)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no service key is active"))
            .key();
    Keys fresh = new Keys(active, all);
    keys = fresh;
    readAt = nanoTime.getAsLong();
    return fresh;
  }

  private static Entry open(ServiceKeys.Stored stored) {
    try {
      return new Entry(
          stored.id(),
          stored.state(),
          ServiceKey.open(
              Base64.getDecoder().decode(stored.key().certificate()),
              Base64.getDecoder().decode(stored.key().pkcs8())));
    } catch (IdentityException e) {
      throw new IllegalStateException("service key " + stored.id() + " cannot be opened", e);
    }
  }

  private ServiceKeys.Fresh fresh() {
    ServiceKey made = maker.make();
    return new ServiceKeys.Fresh(
        Base64.getEncoder().encodeToString(made.certificate()),
        Base64.getEncoder().encodeToString(made.pkcs8()));
  }

  /** Publishes a next key beside the active one; false if there is one. */
  public synchronized boolean prepare() {
    keys();
    boolean done = stored.prepare(this::fresh);
    keys = null;
    return done;
  }

  /** The next key signs from now on; false if there is none. */
  public synchronized boolean promote() {
    boolean done = stored.promote();
    keys = null;
    return done;
  }

  /** The previous key is forgotten; false if there is none. */
  public synchronized boolean dropPrevious() {
    boolean done = stored.dropPrevious();
    keys = null;
    return done;
  }
}
