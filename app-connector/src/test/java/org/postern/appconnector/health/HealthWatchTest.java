package org.postern.appconnector.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.NetUtil;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.appconnector.upstream.AddressGuard;
import org.postern.appconnector.upstream.SocketTypes;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.appconnector.upstream.Upstream;
import org.postern.tunnel.message.ApplicationHealth;
import org.postern.tunnel.message.ApplicationHealth.State;
import org.postern.tunnel.message.ConnectorReport;
import org.postern.tunnel.message.PortRange;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;

/** Probes of real sockets. */
final class HealthWatchTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final ConnectorLimits.Health FAST =
      new ConnectorLimits.Health(
          Duration.ofMillis(200),
          Duration.ofMillis(50),
          Duration.ofMillis(200),
          Duration.ofSeconds(5),
          Duration.ofSeconds(20), // On loopback a dead target refuses at once.
          100,
          10,
          Duration.ofMillis(300),
          Duration.ofMillis(10));

  private final SocketTypes sockets = SocketTypes.best();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, sockets.loops());
  private final EventLoop loop = group.next();
  private final List<ConnectorReport> reports = new CopyOnWriteArrayList<>();
  private final Upstream upstream =
      new Upstream(
          loop,
          sockets,
          () -> SystemResolver.of(List.of()),
          new AddressGuard(List.of()),
          ConnectorLimits.DEFAULT,
          System::nanoTime);
  private final HealthWatch watch =
      new HealthWatch(
          upstream,
          new HealthWatch.Load(() -> 3, () -> 250),
          FAST,
          System::nanoTime,
          new Random(1));

  @AfterEach
  void stop() throws Exception {
    watch.close();
    loop.submit(upstream::close).sync();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private static ServePlan plan(int port, boolean allowLoopback) {
    return ServePlan.newBuilder()
        .addApplications(
            ServedApplication.newBuilder()
                .setApplicationId("app")
                .addHosts("127.0.0.1")
                .addTcp(PortRange.newBuilder().setLow(port).setHigh(port))
                .setAllowLoopback(allowLoopback))
        .build();
  }

  /** A report that only tells of the load has none. */
  private List<ApplicationHealth> told() {
    return reports.stream().flatMap(report -> report.getHealthList().stream()).toList();
  }

  private List<State> states() {
    return told().stream().map(ApplicationHealth::getState).toList();
  }

  @Test
  void applicationThatStopsAndComesBackIsReportedDownAndUp() throws Exception {
    watch.onUp(reports::add);
    int port;
    try (ServerSocket server = new ServerSocket(0, 50, NetUtil.LOCALHOST4)) {
      port = server.getLocalPort();
      watch.onPlan(plan(port, true));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(states()).containsExactly(State.STATE_UP));
    }
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).endsWith(State.STATE_DOWN));
    try (ServerSocket again = new ServerSocket(port, 50, NetUtil.LOCALHOST4)) {
      assertThat(again.isBound()).isTrue();
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).endsWith(State.STATE_UP));
    }
  }

  @Test
  void probesObeyTheAddressCheckToo() throws Exception {
    watch.onUp(reports::add);
    try (ServerSocket server = new ServerSocket(0, 50, NetUtil.LOCALHOST4)) {
      watch.onPlan(plan(server.getLocalPort(), false));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(states()).containsExactly(State.STATE_DOWN));
      assertThat(told().getFirst().getText()).startsWith("TARGET_FORBIDDEN");
    }
  }

  @Test
  void loadIsReportedRegularlyAndKeptWithinAHundred() {
    watch.onUp(reports::add);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(reports).hasSizeGreaterThan(2));
    assertThat(reports)
        .allSatisfy(report -> {
          assertThat(report.getFlows()).isEqualTo(3);
          assertThat(report.getLoadPercent()).isEqualTo(100);
        });
  }

  @Test
  void whatChangedWhileTheLinkWasDownIsToldWhenItIsUp() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, NetUtil.LOCALHOST4)) {
      watch.onPlan(plan(server.getLocalPort(), true));
      await().atMost(PATIENCE).until(() -> watch.counts().watched() == 1);
      watch.onDown();
      watch.onUp(reports::add);
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).contains(State.STATE_UP));
    }
  }
}
