package org.postern.appconnector.upstream;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ReasonCode;

/**
 * Dials one of several servers: those that did not fail lately first, spread among them, then the
 * one whose failure is longest ago; the next when one fails. Each has its share of the time that is
 * left, so that a silent one does not use it up. Confined to its event loop.
 */
final class ServerDials {
  private static final int FAILURES_MAX = 1024;

  private final EventLoop loop;
  private final ConnectorLimits.Dial limits;
  private final LongSupplier nanoTime;
  private final Map<DialTarget, Long> failedNanos = new LinkedHashMap<>();

  ServerDials(EventLoop loop, ConnectorLimits.Dial limits, LongSupplier nanoTime) {
    this.loop = loop;
    this.limits = limits;
    this.nanoTime = nanoTime;
  }

  /**
   * The future never fails; cancelling it gives the dial under way up.
   *
   * @param spread flows of different numbers begin at different servers
   * @param way to one of them
   * @param told of what came of each that was dialled
   */
  Future<DialOutcome> dial(
      List<DialTarget> servers,
      int spread,
      Function<DialTarget, Future<DialOutcome>> way,
      BiConsumer<DialTarget, DialOutcome> told) {
    if (servers.size() == 1) {
      Future<DialOutcome> only = way.apply(servers.getFirst());
      only.addListener((Future<DialOutcome> done) -> {
        if (done.isSuccess()) {
          told.accept(servers.getFirst(), done.getNow());
        }
      });
      return only;
    }
    return new Dial(ordered(servers, spread), way, told).start();
  }

  private List<DialTarget> ordered(List<DialTarget> servers, int spread) {
    List<DialTarget> ordered = new ArrayList<>(servers);
    Collections.rotate(ordered, -Math.floorMod(spread, Math.max(1, ordered.size())));
    long now = nanoTime.getAsLong();
    ordered.sort(Comparator.comparingLong(each -> -sinceFailure(each, now)));
    return ordered;
  }

  private long sinceFailure(DialTarget server, long now) {
    Long failed = failedNanos.get(server);
    return failed == null || now - failed >= limits.serverPause().toNanos()
        ? Long.MAX_VALUE
        : now - failed;
  }

  private void remember(DialTarget server, DialOutcome outcome) {
    failedNanos.remove(server);
    if (outcome instanceof DialOutcome.Failed) {
      failedNanos.put(server, nanoTime.getAsLong());
      if (failedNanos.size() > FAILURES_MAX) {
        failedNanos.remove(failedNanos.keySet().iterator().next());
      }
    }
  }

  /** From the first server to the one that answers, or to the last. */
  private final class Dial {
    private final Deque<DialTarget> waiting;
    private final int count;
    private final Function<DialTarget, Future<DialOutcome>> way;
    private final BiConsumer<DialTarget, DialOutcome> told;
    private final Promise<DialOutcome> promise = loop.newPromise();
    private final long startedNanos = nanoTime.getAsLong();
    private @Nullable Future<DialOutcome> underWay;

    Dial(
        List<DialTarget> servers,
        Function<DialTarget, Future<DialOutcome>> way,
        BiConsumer<DialTarget, DialOutcome> told) {
      this.waiting = new ArrayDeque<>(servers);
      this.count = servers.size();
      this.way = way;
      this.told = told;
    }

    Future<DialOutcome> start() {
      promise.addListener(done -> {
        if (done.isCancelled() && underWay != null) {
          underWay.cancel(false);
        }
      });
      next(new DialOutcome.Failed(ReasonCode.CONNECT_UNREACHABLE, "no server to dial"));
      return promise;
    }

    private void next(DialOutcome.Failed last) {
      DialTarget server = waiting.poll();
      long left = startedNanos + limits.timeout().toNanos() - nanoTime.getAsLong();
      if (server == null || left <= 0) {
        promise.trySuccess(
            new DialOutcome.Failed(
                last.reason(), "none of " + count + " servers; the last: " + last.text()));
        return;
      }
      long share = left / (waiting.size() + 1);
      Future<DialOutcome> dial = way.apply(server);
      underWay = dial;
      ScheduledFuture<?> patience =
          loop.schedule(() -> dial.cancel(false), share, TimeUnit.NANOSECONDS);
      dial.addListener((Future<DialOutcome> done) -> {
        patience.cancel(false);
        onDialled(server, done);
      });
    }

    private void onDialled(DialTarget server, Future<DialOutcome> done) {
      if (promise.isDone()) {
        if (done.isSuccess() && done.getNow() instanceof DialOutcome.Connected late) {
          late.channel().close();
        }
        return;
      }
      DialOutcome outcome =
          done.isSuccess()
              ? done.getNow()
              : new DialOutcome.Failed(ReasonCode.CONNECT_TIMEOUT, server.host() + ": no answer");
      remember(server, outcome);
      told.accept(server, outcome);
      switch (outcome) {
        case DialOutcome.Connected connected -> promise.trySuccess(connected);
        case DialOutcome.Failed failed -> {
          if (failed.reason() == ReasonCode.CONNECTOR_OVERLOADED) {
            // Our own trouble: another server would not help.
            promise.trySuccess(failed);
          } else {
            next(failed);
          }
        }
      }
    }
  }
}
