package org.postern.broker.connectorside;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.postern.broker.rendezvous.CarrierTaker;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.tunnel.message.ReasonCode;

/**
 * The parked carriers of one connector, and the lanes that wait for one. Confined to the loop of
 * the connector's control link; the public face hops there.
 */
final class CarrierLot {
  /** Carriers that a connector is first asked to park. */
  static final int WANTED_AT_FIRST = 8;

  private final EventLoop loop;
  private final RendezvousLimits limits;
  private final IntConsumer askForMore;
  private final Deque<ParkedConnectorCarrier> parked = new ArrayDeque<>();
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private int wanted = WANTED_AT_FIRST;
  private boolean closed;

  private record Waiter(CarrierTaker taker, Future<?> deadline) {}

  CarrierLot(EventLoop loop, RendezvousLimits limits, IntConsumer askForMore) {
    this.loop = loop;
    this.limits = limits;
    this.askForMore = askForMore;
  }

  /** A carrier arrived; any thread. */
  void park(ParkedConnectorCarrier carrier) {
    loop.execute(() -> onPark(carrier));
  }

  /** A carrier ended; any thread. */
  void forget(ParkedConnectorCarrier carrier) {
    loop.execute(() -> parked.remove(carrier));
  }

  /** See {@link org.postern.broker.rendezvous.ConnectorDesk#takeCarrier}. */
  void take(EventLoop preferred, CarrierTaker taker) {
    if (loop.inEventLoop()) {
      onTake(preferred, taker);
    } else {
      loop.execute(() -> onTake(preferred, taker));
    }
  }

  /** The connector is gone: nobody need wait any longer. */
  void close() {
    loop.execute(this::onClose);
  }

  private void onPark(ParkedConnectorCarrier carrier) {
    if (closed) {
      carrier
          .carrier()
          .close(ReasonCode.CONNECTOR_GONE, "the connector has no control link here any more");
      return;
    }
    if (parked.size() >= limits.carriersPerPeerMax()) {
      carrier
          .carrier()
          .close(
              ReasonCode.RATE_LIMITED,
              "no more carriers wanted (limit: " + limits.carriersPerPeerMax() + ")");
      return;
    }
    Waiter waiter = waiters.poll();
    if (waiter == null) {
      parked.addLast(carrier);
      return;
    }
    waiter.deadline.cancel(false);
    waiter.taker.taken(carrier);
  }

  private void onTake(EventLoop preferred, CarrierTaker taker) {
    ParkedConnectorCarrier chosen = pollPreferring(preferred);
    if (chosen != null) {
      taker.taken(chosen);
      return;
    }
    if (closed || waiters.size() >= limits.carrierWaitersMax()) {
      taker.none();
      return;
    }
    Waiter[] self = new Waiter[1];
    Future<?> deadline =
        loop.schedule(
            () -> {
              if (waiters.remove(self[0])) {
                taker.none();
              }
            },
            limits.carrierWait().toMillis(),
            TimeUnit.MILLISECONDS);
    self[0] = new Waiter(taker, deadline);
    waiters.addLast(self[0]);
    wanted = Math.min(limits.carriersPerPeerMax(), Math.max(wanted * 2, waiters.size()));
    askForMore.accept(wanted);
  }

  private @Nullable ParkedConnectorCarrier pollPreferring(EventLoop preferred) {
    ParkedConnectorCarrier fallback = null;
    for (Iterator<ParkedConnectorCarrier> each = parked.iterator(); each.hasNext(); ) {
      ParkedConnectorCarrier carrier = each.next();
      if (!carrier.carrier().isOpen()) {
        each.remove();
      } else if (carrier.carrier().eventLoop().equals(preferred)) {
        each.remove();
        return carrier;
      } else if (fallback == null) {
        fallback = carrier;
      }
    }
    if (fallback != null) {
      parked.remove(fallback);
    }
    return fallback;
  }

  private void onClose() {
    closed = true;
    for (Waiter waiter : waiters) {
      waiter.deadline.cancel(false);
      waiter.taker.none();
    }
    waiters.clear();
    for (ParkedConnectorCarrier carrier : parked) {
      carrier.carrier().close(ReasonCode.CONNECTOR_GONE, "the connector's control link ended");
    }
    parked.clear();
  }
}
