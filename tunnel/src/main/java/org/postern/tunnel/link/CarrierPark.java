package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.function.Supplier;
import org.postern.tunnel.message.Hello;

/**
 * Keeps a number of carriers parked at one broker, and replaces those that are used or lost.
 * Failures to dial are retried with {@link Backoff}. Owner: one loop of the group; the methods may
 * be called from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class CarrierPark {
  /**
   * Dials nothing until {@link #wanted} is called.
   *
   * @param loops carriers are spread over its loops
   * @param hello first message of each carrier
   * @param listener hears offers and closings of carriers
   */
  public CarrierPark(
      BrokerDialer dialer,
      EventLoopGroup loops,
      Supplier<Hello> hello,
      CarrierListener listener,
      Backoff backoff) {}

  /** How many to keep parked from now on; more than {@code carriersParkedMax} counts as that. */
  public void wanted(int carriers) {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes a carrier out (device), preferring one on that loop; another one is parked in its place.
   * When none is there, one is dialled. The carrier is registered on {@code loop} when the future
   * completes. Fails with NO_CARRIER when dialling fails.
   */
  public Future<ParkedCarrier> take(EventLoop loop) {
    throw new UnsupportedOperationException();
  }

  /** Carriers that are parked now. */
  public int parked() {
    throw new UnsupportedOperationException();
  }

  /** Closes what is parked, and dials no more. Idempotent. */
  public void close() {
    throw new UnsupportedOperationException();
  }
}
