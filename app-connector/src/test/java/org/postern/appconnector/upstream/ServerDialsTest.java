package org.postern.appconnector.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ReasonCode;

final class ServerDialsTest {
  private static final DialTarget A = new DialTarget("a", 1, AddressExceptions.NONE);
  private static final DialTarget B = new DialTarget("b", 1, AddressExceptions.NONE);
  private static final Duration PAUSE = Duration.ofSeconds(30);

  private final EventLoop loop = new DefaultEventLoop();
  private final AtomicLong skippedNanos = new AtomicLong();
  private final Set<DialTarget> refusing = ConcurrentHashMap.newKeySet();
  private final Set<DialTarget> silent = ConcurrentHashMap.newKeySet();
  private final List<DialTarget> dialled = new ArrayList<>();
  private final List<DialTarget> told = new ArrayList<>();
  private final ServerDials dials =
      new ServerDials(
          loop,
          new ConnectorLimits.Dial(Duration.ofMillis(500), Duration.ofMillis(1), 9, PAUSE),
          skippedNanos::get);

  @AfterEach
  void stop() throws Exception {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private Future<DialOutcome> way(DialTarget target) {
    dialled.add(target);
    Promise<DialOutcome> promise = loop.newPromise();
    if (refusing.contains(target)) {
      promise.setSuccess(new DialOutcome.Failed(ReasonCode.CONNECT_REFUSED, target.host()));
    } else if (!silent.contains(target)) {
      promise.setSuccess(
          new DialOutcome.Connected(
              new EmbeddedChannel(), InetSocketAddress.createUnresolved(target.host(), 1), 1));
    }
    return promise;
  }

  private DialOutcome dial(int spread) throws Exception {
    dialled.clear();
    told.clear();
    return loop.submit(() ->
            dials.dial(List.of(A, B), spread, this::way, (target, outcome) -> told.add(target)))
        .get(30, TimeUnit.SECONDS)
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void flowsAreSpread() throws Exception {
    assertThat(dial(0)).isInstanceOf(DialOutcome.Connected.class);
    assertThat(dialled).containsExactly(A);
    assertThat(dial(1)).isInstanceOf(DialOutcome.Connected.class);
    assertThat(dialled).containsExactly(B);
  }

  @Test
  void nextServerIsDialledWhenOneRefuses() throws Exception {
    refusing.add(A);
    assertThat(dial(0)).isInstanceOf(DialOutcome.Connected.class);
    assertThat(dialled).containsExactly(A, B);
    assertThat(told).containsExactly(A, B);
  }

  @Test
  void silentServerUsesUpOnlyItsShareOfTheTime() throws Exception {
    silent.add(A);
    assertThat(dial(0)).isInstanceOf(DialOutcome.Connected.class);
    assertThat(dialled).containsExactly(A, B);
  }

  @Test
  void serverThatFailedComesLastForAWhile() throws Exception {
    refusing.add(A);
    dial(0);
    refusing.clear();
    dial(0);
    assertThat(dialled).containsExactly(B);
    skippedNanos.addAndGet(PAUSE.toNanos());
    dial(0);
    assertThat(dialled).containsExactly(A);
  }

  @Test
  void failureOfAllSaysWhatTheLastOneSaid() throws Exception {
    refusing.addAll(Set.of(A, B));
    assertThat(dial(1))
        .isEqualTo(
            new DialOutcome.Failed(ReasonCode.CONNECT_REFUSED, "none of 2 servers; the last: a"));
  }
}
