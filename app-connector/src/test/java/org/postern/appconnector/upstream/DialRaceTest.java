package org.postern.appconnector.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ReasonCode;

/** The race on a stopped clock, with attempts that end when the test says so. */
final class DialRaceTest {
  private final EmbeddedChannel clock = new EmbeddedChannel();
  private final List<Attempt> attempts = new ArrayList<>();

  private record Attempt(String host, EmbeddedChannel channel, ChannelPromise promise) {
    void fail(Throwable cause) {
      promise.setFailure(cause);
    }
  }

  private ChannelFuture connect(InetSocketAddress address) {
    EmbeddedChannel channel = new EmbeddedChannel();
    ChannelPromise promise = channel.newPromise();
    attempts.add(new Attempt(address.getAddress().getHostAddress(), channel, promise));
    return promise;
  }

  private Future<DialOutcome> race(String... hosts) throws Exception {
    clock.freezeTime();
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String host : hosts) {
      addresses.add(new InetSocketAddress(InetAddress.getByName(host), 443));
    }
    return new DialRace(
            clock.eventLoop(), this::connect, addresses, 0, ConnectorLimits.Dial.DEFAULT, () -> 0)
        .start();
  }

  private void pass(long millis) {
    clock.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    clock.runScheduledPendingTasks();
    clock.runPendingTasks();
  }

  @Test
  void blackholeCostsOneStaggerAndIsClosedWhenTheNextWins() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1", "10.0.0.2", "10.0.0.3");
    assertThat(attempts).hasSize(1);
    pass(249);
    assertThat(attempts).hasSize(1);
    pass(1);
    assertThat(attempts).hasSize(2);
    attempts.get(1).promise.setSuccess();
    assertThat(race.getNow()).isInstanceOf(DialOutcome.Connected.class);
    assertThat(attempts.get(0).channel.isOpen()).isFalse();
    assertThat(attempts.get(1).channel.isOpen()).isTrue();
    pass(10_000);
    assertThat(attempts).describedAs("no attempt after the end").hasSize(2);
  }

  @Test
  void failureStartsTheNextAtOnce() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1", "10.0.0.2");
    attempts.get(0).fail(new ConnectException("Connection refused"));
    assertThat(attempts).hasSize(2);
    attempts.get(1).promise.setSuccess();
    assertThat(race.isSuccess()).isTrue();
  }

  @Test
  void slowWinnerStillWinsWhileOthersAreTried() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1", "10.0.0.2");
    pass(250);
    attempts.get(0).promise.setSuccess();
    assertThat(((DialOutcome.Connected) race.getNow()).channel()).isSameAs(attempts.get(0).channel);
    assertThat(attempts.get(1).channel.isOpen()).isFalse();
  }

  @Test
  void connectionThatComesTooLateIsClosed() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1");
    race.cancel(false);
    attempts.get(0).promise.trySuccess();
    assertThat(attempts.get(0).channel.isOpen()).isFalse();
  }

  @Test
  void limitOfTheWholeDialIsATimeout() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1", "10.0.0.2");
    pass(250);
    pass(9_750);
    assertThat(((DialOutcome.Failed) race.getNow()).reason()).isEqualTo(ReasonCode.CONNECT_TIMEOUT);
    assertThat(attempts).allSatisfy(a -> assertThat(a.channel.isOpen()).isFalse());
  }

  @Test
  void refusalSaysMoreThanTimeoutAndTimeoutMoreThanNoRoute() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1", "10.0.0.2", "10.0.0.3");
    attempts.get(0).fail(new NoRouteToHostException());
    attempts.get(1).fail(new ConnectTimeoutException("connection timed out"));
    attempts.get(2).fail(new ConnectException("Connection refused"));
    DialOutcome.Failed failed = (DialOutcome.Failed) race.getNow();
    assertThat(failed.reason()).isEqualTo(ReasonCode.CONNECT_REFUSED);
    assertThat(failed.text()).isEqualTo("10.0.0.3: connection refused");
  }

  @Test
  void beingOutOfSocketsIsOurFault() throws Exception {
    Future<DialOutcome> race = race("10.0.0.1");
    attempts
        .get(0)
        .fail(
            new io.netty.channel.ChannelException(
                "Unable to create Channel", new java.io.IOException("Too many open files")));
    assertThat(((DialOutcome.Failed) race.getNow()).reason())
        .isEqualTo(ReasonCode.CONNECTOR_OVERLOADED);
  }

  @Test
  void familiesTakeTurnsIpv6First() throws Exception {
    List<InetAddress> given = new ArrayList<>();
    for (String text : List.of("10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2")) {
      given.add(InetAddress.getByName(text));
    }
    assertThat(DialRace.interleave(given))
        .extracting(InetAddress::getHostAddress)
        .containsExactly(
            "fd00:0:0:0:0:0:0:1", "10.0.0.1", "fd00:0:0:0:0:0:0:2", "10.0.0.2", "10.0.0.3");
  }
}
