package org.postern.broker.signals;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Route;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInLimits;
import org.postern.broker.signin.oidc.EventTokens;
import org.postern.policystore.IdentityProvider;

/** The receiver of shared signals, wired. */
public final class Signals {
  private static final int ADDRESSES_TRACKED = 4_096;

  private final SignalDoor door;
  private final SignalPoller poller;
  private final SignalDesk desk;
  private final SignalStores stores;
  private final SignalLimits limits;

  /**
   * What it needs of the rooms around it.
   *
   * @param privateIssuers addresses that may be private, by the operator's word
   * @param nanoTime a monotonic clock, nanoseconds
   */
  public record Needs(
      Supplier<List<IdentityProvider>> providers,
      Outbound outbound,
      Set<String> privateIssuers,
      InstantSource clock,
      LongSupplier nanoTime,
      SecureRandom random) {}

  /** Over its tables. */
  public Signals(SignalStores stores, Needs needs, SignalLimits limits) {
    this.stores = stores;
    this.limits = limits;
    EventTokens tokens =
        new EventTokens(
            needs.outbound(), SignInLimits.DEFAULT, limits.tokenAgeMax(), needs.clock());
    SignalReceiver receiver =
        new SignalReceiver(
            stores,
            tokens,
            new Subjects(stores.users(), stores.devices(), needs.providers(), limits),
            new Meaning(limits),
            needs.privateIssuers());
    Transmitters transmitters =
        new Transmitters(
            needs.outbound(), stores.streams(), receiver::isPrivateAllowed, needs.clock());
    SignalGate gate =
        new SignalGate(
            stores.streams(),
            needs.providers(),
            rate(limits.pushesPerMinute(), limits.pushesBurst(), needs.nanoTime()),
            rate(limits.wrongPerMinute(), limits.wrongPerMinute(), needs.nanoTime()));
    this.door = new SignalDoor(receiver, gate, limits);
    this.poller =
        new SignalPoller(stores.streams(), receiver, transmitters, limits, needs.random());
    this.desk = new SignalDesk(stores, receiver, transmitters, limits);
  }

  private static AddressRate rate(int perMinute, int burst, LongSupplier nanoTime) {
    return new AddressRate(perMinute, burst, ADDRESSES_TRACKED, nanoTime);
  }

  /** Its routes. */
  public List<Route> routes() {
    return door.routes();
  }

  /** For administrators. */
  public SignalDesk desk() {
    return desk;
  }

  /** Asks the transmitters that are due, on threads of the executor. Call it often. Blocks. */
  public void poll(Executor blocking) {
    poller.pollDue(blocking);
  }

  /** Forgets what is old. Call it now and then. Blocks. */
  public void forget() {
    stores.events().forget(limits.kept(), limits.idleEventsMax());
  }
}
