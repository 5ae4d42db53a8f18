package org.postern.tunnel.link;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.ReasonCode;

/**
 * Keeps a number of carriers parked at one broker, and replaces those that are used or lost.
 * Failures to dial are retried with {@link Backoff}. Owner: one loop of the group; the methods may
 * be called from any thread.
 */
public final class CarrierPark {
  /** Dials at the same time, so that a park that fills does not look like a storm to the broker. */
  private static final int DIALS_MAX = 4;

  private final BrokerDialer dialer;
  private final EventLoopGroup loops;
  private final EventLoop owner;
  private final Supplier<Hello> hello;
  private final CarrierListener listener;
  private final int carriersMax;
  private final Retry retry;

  private final List<ParkedCarrier> parked = new ArrayList<>();
  private final Queue<Waiter> waiters = new ArrayDeque<>();
  private volatile int parkedCount;
  private int wanted;
  private int dialling;
  private boolean closed;

  private record Waiter(EventLoop loop, Promise<ParkedCarrier> promise) {}

  /**
   * Dials nothing until {@link #wanted} is called.
   *
   * @param loops carriers are spread over its loops
   * @param hello first message of each carrier, asked at every dial
   * @param listener hears offers and closings of carriers
   */
  public CarrierPark(
      BrokerDialer dialer,
      EventLoopGroup loops,
      Supplier<Hello> hello,
      CarrierListener listener,
      Backoff backoff) {
    this.dialer = dialer;
    this.loops = loops;
    this.owner = loops.next();
    this.hello = hello;
    this.listener = listener;
    this.carriersMax = dialer.config().limits().carriersParkedMax();
    this.retry = new Retry(owner, backoff, this::fill);
  }

  /**
   * How many to keep parked from now on; more than {@code carriersParkedMax} counts as that. Dials
   * at once if it is waiting to dial again: the broker that wants them is there.
   */
  public void wanted(int carriers) {
    owner.execute(() -> {
      wanted = Math.clamp(carriers, 0, carriersMax);
      while (parked.size() > wanted) {
        parked.removeLast().close();
      }
      retry.now();
      fill();
    });
  }

  /**
   * Takes a carrier out (device), preferring one on that loop; another one is parked in its place.
   * When none is there, one is dialled. The carrier is registered on {@code loop} when the future
   * completes. Fails with NO_CARRIER when dialling fails.
   */
  public Future<ParkedCarrier> take(EventLoop loop) {
    Promise<ParkedCarrier> promise = loop.newPromise();
    owner.execute(() -> {
      ParkedCarrier carrier = choose(loop);
      if (closed) {
        promise.tryFailure(new TunnelException(ReasonCode.NO_CARRIER, "park is closed"));
      } else if (carrier != null) {
        hand(carrier, new Waiter(loop, promise));
      } else if (waiters.size() >= carriersMax) {
        promise.tryFailure(
            new TunnelException(
                ReasonCode.NO_CARRIER, "%d wait already".formatted(waiters.size())));
      } else {
        waiters.add(new Waiter(loop, promise));
        retry.now();
      }
      fill();
    });
    return promise;
  }

  /** Carriers that are parked now. */
  public int parked() {
    return parkedCount;
  }

  /** Dials at once if it is waiting to dial again (the network changed). */
  public void retryNow() {
    owner.execute(retry::now);
  }

  /** Closes what is parked, and dials no more. Idempotent. */
  public void close() {
    owner.execute(() -> {
      closed = true;
      retry.stop();
      parked.forEach(ParkedCarrier::close);
      parked.clear();
      count();
      failWaiters("park is closed");
    });
  }

  private @Nullable ParkedCarrier choose(EventLoop loop) {
    parked.removeIf(carrier -> !carrier.isParked());
    ParkedCarrier chosen = null;
    for (ParkedCarrier carrier : parked) {
      if (chosen == null || loop.equals(carrier.eventLoop())) {
        chosen = carrier;
      }
    }
    if (chosen != null) {
      parked.remove(chosen);
    }
    return chosen;
  }

  private static void hand(ParkedCarrier carrier, Waiter waiter) {
    carrier
        .moveTo(waiter.loop())
        .addListener(moved -> {
          if (moved.isSuccess()) {
            waiter.promise().trySuccess(carrier);
          } else {
            waiter.promise().tryFailure(moved.cause());
          }
        });
  }

  private void fill() {
    count();
    while (!closed
        && !retry.isWaiting()
        && dialling < DIALS_MAX
        && parked.size() + dialling < wanted + waiters.size()) {
      dialling++;
      Waiter first = waiters.peek();
      EventLoop loop = first == null ? loops.next() : first.loop();
      dialer
          .park(loop, hello.get(), new Listening())
          .addListener(dialled -> onOwner(() -> onDialled(dialled)));
    }
  }

  private void onDialled(Future<? super ParkedCarrier> dialled) {
    dialling--;
    if (!dialled.isSuccess()) {
      Throwable cause = dialled.cause();
      int patience = cause instanceof TunnelException fault ? fault.retryAfterSeconds() : 0;
      failWaiters(BrokerDialer.textOf(cause));
      if (!closed) {
        retry.failed(patience);
      }
      return;
    }
    ParkedCarrier carrier = (ParkedCarrier) dialled.getNow();
    Waiter waiter = waiters.poll();
    if (!closed && waiter != null) {
      hand(carrier, waiter);
    } else if (closed || parked.size() >= wanted) {
      carrier.close();
    } else if (carrier.isParked()) {
      retry.succeeded();
      parked.add(carrier);
    } else {
      // Closed as soon as it was there: a broker that wants none, or not yet.
      retry.failed(0);
    }
    fill();
  }

  private void failWaiters(String text) {
    for (Waiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
      waiter.promise().tryFailure(new TunnelException(ReasonCode.NO_CARRIER, text));
    }
  }

  private void count() {
    parkedCount = parked.size();
  }

  private void onOwner(Runnable task) {
    try {
      owner.execute(task);
    } catch (RejectedExecutionException e) {
      // The process is going down and the owner's loop went first: there is no park to keep.
    }
  }

  private final class Listening implements CarrierListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
      onOwner(() -> {
        parked.remove(carrier);
        fill();
      });
      listener.onOffer(carrier, offer);
    }

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {
      onOwner(() -> {
        if (parked.remove(carrier) && !closed) {
          retry.failed(0);
        }
        fill();
      });
      listener.onClosed(carrier, reason, text);
    }
  }
}
