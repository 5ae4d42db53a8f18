package org.postern.identity;

import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The TLS contexts of a running process, which follow the credential: after {@link #replace} new
 * connections use the new certificate, and live ones go on with what they have.
 *
 * <p>A context that a supplier handed out stays usable until the second replacement after it, so
 * take one per connection and do not keep it. Safe on any thread; {@link #close} last.
 */
public final class LiveTls implements AutoCloseable {
  private enum Role {
    SERVER,
    CLIENT
  }

  private record Door(Role role, String alpn) {}

  /** One credential with the contexts made for it so far. */
  private record Generation(
      Credential credential, TrustBundle trust, PathCheck paths, Map<Door, SslContext> contexts) {}

  private final InstantSource clock;
  private final List<SslContext> retired = new ArrayList<>();
  private volatile Generation current;
  private boolean closed;

  /**
   * Starts with this credential and this trust; contexts are made when they are first asked for.
   *
   * @throws IllegalStateException when BoringSSL cannot be loaded on this machine
   */
  public LiveTls(Credential credential, TrustBundle trust, InstantSource clock) {
    PeerTls.requireBoringSsl();
    this.clock = clock;
    this.current =
        new Generation(credential, trust, new PathCheck(trust, clock), new ConcurrentHashMap<>());
  }

  /** A supplier of contexts that accept connections of this application protocol. */
  public Supplier<SslContext> server(String alpn) {
    Door door = new Door(Role.SERVER, alpn);
    return () -> context(door);
  }

  /** A supplier of contexts that dial connections of this application protocol. */
  public Supplier<SslContext> client(String alpn) {
    Door door = new Door(Role.CLIENT, alpn);
    return () -> context(door);
  }

  public Credential credential() {
    return current.credential;
  }

  public TrustBundle trust() {
    return current.trust;
  }

  /** Uses the renewed credential for every connection made from now on. */
  public synchronized void replace(Credential credential) {
    Generation old = current;
    turn(new Generation(credential, old.trust, old.paths, new ConcurrentHashMap<>()));
  }

  /** Trusts this bundle, and only this, for every connection made from now on. */
  public synchronized void replaceTrust(TrustBundle trust) {
    turn(
        new Generation(
            current.credential, trust, new PathCheck(trust, clock), new ConcurrentHashMap<>()));
  }

  private void turn(Generation next) {
    if (closed) {
      throw new IllegalStateException("the TLS contexts of this process were closed");
    }
    Generation old = current;
    current = next;
    retired.forEach(ReferenceCountUtil::release);
    retired.clear();
    retired.addAll(old.contexts.values());
  }

  private SslContext context(Door door) {
    SslContext ready = current.contexts.get(door);
    return ready != null ? ready : make(door);
  }

  private synchronized SslContext make(Door door) {
    if (closed) {
      throw new IllegalStateException("the TLS contexts of this process were closed");
    }
    Generation generation = current;
    return generation.contexts.computeIfAbsent(
        door,
        missing -> {
          PeerTls tls = new PeerTls(generation.credential, generation.paths);
          return switch (missing.role) {
            case SERVER -> tls.server(missing.alpn);
            case CLIENT -> tls.client(missing.alpn);
          };
        });
  }

  /** Releases all contexts; live connections go on, new ones cannot be made. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    retired.forEach(ReferenceCountUtil::release);
    retired.clear();
    current.contexts.values().forEach(ReferenceCountUtil::release);
    current.contexts.clear();
  }
}
