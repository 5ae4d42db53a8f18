package org.postern.broker.front;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets connections in, by address, before anybody knows who they are: so many a second, so many at
 * once. Safe on any thread.
 */
final class StrangerGate {
  private final FrontLimits limits;
  private final AddressRate rate;
  private final Map<AddressKey, Integer> inside = new HashMap<>();
  private int total;

  StrangerGate(FrontLimits limits, LongSupplier nanoTime) {
    this.limits = limits;
    this.rate =
        new AddressRate(
            Math.multiplyExact(limits.acceptsPerSecond(), 60),
            limits.acceptBurst(),
            limits.addressesTrackedMax(),
            nanoTime);
  }

  /** A permit for a connection of which only a load balancer can tell where it is from. */
  synchronized Optional<Permit> enterUnknown() {
    if (total >= limits.strangersMax()) {
      return Optional.empty();
    }
    total++;
    return Optional.of(new Permit(null));
  }

  /** A permit for one more connection of this address, or nothing. */
  Optional<Permit> enter(InetAddress address) {
    if (!rate.tryTake(address)) {
      return Optional.empty();
    }
    AddressKey key = AddressKey.of(address);
    synchronized (this) {
      int open = inside.getOrDefault(key, 0);
      if (open >= limits.strangersPerAddressMax() || total >= limits.strangersMax()) {
        return Optional.empty();
      }
      inside.put(key, open + 1);
      total++;
    }
    return Optional.of(new Permit(key));
  }

  synchronized int total() {
    return total;
  }

  private synchronized void leave(@Nullable AddressKey key) {
    if (key != null) {
      inside.computeIfPresent(key, (k, open) -> open == 1 ? null : open - 1);
    }
    total--;
  }

  /** One stranger's place. Given back once, at the close or when the peer has authenticated. */
  final class Permit {
    private final @Nullable AddressKey key;
    private final AtomicBoolean left = new AtomicBoolean();

    private Permit(@Nullable AddressKey key) {
      this.key = key;
    }

    void giveBack() {
      if (left.compareAndSet(false, true)) {
        leave(key);
      }
    }
  }
}
