package org.postern.appconnector.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;

/**
 * One dial: attempts at all addresses of a target, each started when the one before it failed or
 * after the stagger, whichever is first; the first connection wins and the others are closed (RFC
 * 8305 §5). Confined to the executor; cancelling the future closes everything.
 */
final class DialRace {
  private final EventExecutor executor;
  private final Function<InetSocketAddress, ChannelFuture> connect;
  private final ConnectorLimits.Dial limits;
  private final LongSupplier nanoTime;
  private final Promise<DialOutcome> promise;
  private final Deque<InetSocketAddress> waiting;
  private final Map<ChannelFuture, InetSocketAddress> underWay = new LinkedHashMap<>();
  private final DialFailures failures = new DialFailures();
  private final long startedNanos;
  private @Nullable ScheduledFuture<?> nextStart;
  private @Nullable ScheduledFuture<?> deadline;

  DialRace(
      EventExecutor executor,
      Function<InetSocketAddress, ChannelFuture> connect,
      List<InetSocketAddress> addresses,
      long startedNanos,
      ConnectorLimits.Dial limits,
      LongSupplier nanoTime) {
    this.executor = executor;
    this.connect = connect;
    this.waiting = new ArrayDeque<>(addresses);
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.promise = executor.newPromise();
    this.startedNanos = startedNanos;
  }

  /** IPv6 and IPv4 in turn, IPv6 first; the order within a family stays (RFC 8305 §4). */
  static List<InetAddress> interleave(List<InetAddress> addresses) {
    Deque<InetAddress> ipv6 = new ArrayDeque<>();
    Deque<InetAddress> ipv4 = new ArrayDeque<>();
    addresses.forEach(a -> (a instanceof Inet6Address ? ipv6 : ipv4).add(a));
    List<InetAddress> mixed = new ArrayList<>(addresses.size());
    while (!ipv6.isEmpty() || !ipv4.isEmpty()) {
      if (!ipv6.isEmpty()) {
        mixed.add(ipv6.remove());
      }
      if (!ipv4.isEmpty()) {
        mixed.add(ipv4.remove());
      }
    }
    return mixed;
  }

  Future<DialOutcome> start() {
    deadline =
        executor.schedule(this::onDeadline, limits.timeout().toNanos(), TimeUnit.NANOSECONDS);
    promise.addListener(done -> stop());
    startNext();
    return promise;
  }

  private void startNext() {
    cancel(nextStart);
    nextStart = null;
    InetSocketAddress address = waiting.poll();
    if (address == null) {
      if (underWay.isEmpty()) {
        promise.trySuccess(failures.outcome());
      }
      return;
    }
    if (!waiting.isEmpty()) {
      nextStart =
          executor.schedule(this::startNext, limits.stagger().toNanos(), TimeUnit.NANOSECONDS);
    }
    ChannelFuture attempt = connect.apply(address);
    underWay.put(attempt, address);
    // A socket that could not even be made reports on a thread that is not ours.
    attempt.addListener(done -> inOrder(() -> onAttempt(attempt)));
  }

  private void inOrder(Runnable task) {
    if (executor.inEventLoop()) {
      task.run();
    } else {
      executor.execute(task);
    }
  }

  private void onAttempt(ChannelFuture attempt) {
    InetSocketAddress address = underWay.remove(attempt);
    if (address == null || promise.isDone()) {
      attempt.channel().close();
      return;
    }
    if (attempt.isSuccess()) {
      Channel channel = attempt.channel();
      long micros = TimeUnit.NANOSECONDS.toMicros(nanoTime.getAsLong() - startedNanos);
      if (!promise.trySuccess(new DialOutcome.Connected(channel, address, micros))) {
        channel.close();
      }
      return;
    }
    Throwable cause = attempt.cause();
    failures.add(address.getAddress().getHostAddress(), Objects.requireNonNull(cause));
    startNext();
  }

  private void onDeadline() {
    for (InetSocketAddress address : underWay.values()) {
      failures.addTimeout(address.getAddress().getHostAddress());
    }
    promise.trySuccess(failures.outcome());
  }

  private void stop() {
    cancel(nextStart);
    cancel(deadline);
    waiting.clear();
    List<ChannelFuture> losers = List.copyOf(underWay.keySet());
    underWay.clear();
    losers.forEach(loser -> loser.channel().close());
  }

  private static void cancel(@Nullable ScheduledFuture<?> timer) {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
