package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.Target;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.message.ReasonCode;

/**
 * A thousand live flows, of twenty devices, to an application that never stops sending; then a fact
 * changes. When does the last byte arrive, and what is the person told?
 */
final class CuttingTest {
  private static final int DEVICES = 20;
  private static final int FLOWS_EACH = 50;
  private static final int FLOWS = DEVICES * FLOWS_EACH;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** For a machine that does ten other things; the promise is a second. */
  private static final long P99_MILLIS_MAX = 30_000;

  private static final int BYTES_EVERY_MILLIS = 100;

  @TempDir private Path directory;
  private final Queue<Socket> applicationEnds = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService sender = Executors.newSingleThreadScheduledExecutor();
  private final AtomicLongArray lastByteNanos = new AtomicLongArray(FLOWS);
  private final AtomicInteger ended = new AtomicInteger();
  private final List<OneProcess.Device> devices = new ArrayList<>();
  private final List<Socket> programs = new ArrayList<>();
  private ServerSocket application;
  private OneProcess all;

  @BeforeEach
  void start() throws Exception {
    application = new ServerSocket(0, FLOWS, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
    all = new OneProcess(directory, standing(1, Duration.ofHours(1)));
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    for (int i = 0; i < DEVICES; i++) {
      devices.add(all.device("u" + i, "d" + i));
    }
    await()
        .atMost(PATIENCE)
        .until(() -> devices.stream().allMatch(each -> each.names().containsKey("plan")));
    await().atMost(PATIENCE).until(() -> all.connectors() == 1);
    for (int i = 0; i < DEVICES; i++) {
      openFlows(i);
    }
    await().atMost(PATIENCE).until(() -> all.liveFlows() == FLOWS);
    sender.scheduleAtFixedRate(this::send, 0, BYTES_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    await()
        .atMost(PATIENCE)
        .until(() -> LongStream.range(0, FLOWS).allMatch(i -> lastByteNanos.get((int) i) != 0));
  }

  @AfterEach
  void stop() throws Exception {
    sender.shutdownNow();
    all.close();
    application.close();
    for (Socket each : programs) {
      each.close();
    }
  }

  private void accept() {
    while (true) {
      try {
        applicationEnds.add(application.accept());
      } catch (IOException e) {
        return;
      }
    }
  }

  private void send() {
    applicationEnds.removeIf(each -> {
      try {
        each.getOutputStream().write(1);
        return false;
      } catch (IOException e) {
        return true;
      }
    });
  }

  private void openFlows(int number) throws Exception {
    OneProcess.Device device = devices.get(number);
    Target target = new Target("echo.corp.internal", application.getLocalPort());
    CountDownLatch opened = new CountDownLatch(FLOWS_EACH);
    Channel door =
        new ServerBootstrap()
            .group(device.loop())
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<EpollSocketChannel>() {
                  @Override
                  protected void initChannel(EpollSocketChannel local) {
                    local
                        .eventLoop()
                        .execute(() ->
                            device
                                .tunnel()
                                .gateway()
                                .connect(target, local, new Opened(local, opened)));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    for (int i = 0; i < FLOWS_EACH; i++) {
      Socket program = new Socket();
      program.connect(door.localAddress());
      programs.add(program);
      int flow = number * FLOWS_EACH + i;
      Thread.ofVirtual().start(() -> read(program, flow));
    }
    assertThat(opened.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    door.close();
  }

  private record Opened(Channel local, CountDownLatch latch) implements ConnectListener {
    @Override
    public void onOpened() {
      latch.countDown();
    }

    @Override
    public void onRefused(ReasonCode reason, String text) {
      local.close();
    }
  }

  private void read(Socket program, int flow) {
    try {
      byte[] bytes = new byte[64];
      while (program.getInputStream().read(bytes) >= 0) {
        lastByteNanos.set(flow, System.nanoTime());
      }
    } catch (IOException e) {
      // Cut, which is an end as well.
    }
    ended.incrementAndGet();
  }

  // -- the facts

  private Snapshot standing(long version, Duration sessionAge) {
    return people(version, sessionAge, false, false, DeviceRecord.State.REGISTERED);
  }

  private Snapshot people(
      long version,
      Duration sessionAge,
      boolean disabled,
      boolean revoked,
      DeviceRecord.State state) {
    Instant now = Instant.now();
    Map<String, UserRecord> users = new HashMap<>();
    Map<String, DeviceRecord> machines = new HashMap<>();
    Map<String, SessionRecord> sessions = new HashMap<>();
    Snapshot policy = Policies.allowing(version, application.getLocalPort());
    UserRecord user = Objects.requireNonNull(policy.identities().users().get("u1"));
    DeviceRecord machine = Objects.requireNonNull(policy.identities().devices().get("d1"));
    for (int i = 0; i < DEVICES; i++) {
      String u = "u" + i;
      String d = "d" + i;
      users.put(
          u,
          new UserRecord(
              u, user.provider(), "s" + i, i + "@example.com", "User " + i, disabled, List.of()));
      machines.put(d, new DeviceRecord(d, u, "laptop", machine.platform(), "0" + i, state));
      sessions.put(d, new SessionRecord("x" + i, u, d, "idp", now, now.plus(sessionAge), revoked));
    }
    return policy.withIdentities(
        version, new IdentityState(users, machines, sessions, policy.identities().connectors()));
  }

  /** From the commit, which the brokers learn of by a notice, to the last byte of each flow. */
  private void everythingEnds(long commitNanos, String reason) {
    await().atMost(PATIENCE).until(() -> ended.get() == FLOWS);
    long[] after =
        LongStream.range(0, FLOWS)
            .map(i -> Math.max(0, lastByteNanos.get((int) i) - commitNanos))
            .sorted()
            .toArray();
    long p99 = TimeUnit.NANOSECONDS.toMillis(after[FLOWS * 99 / 100]);
    System.out.printf(
        "%s: last byte p50 %d ms, p99 %d ms after the commit%n",
        reason, TimeUnit.NANOSECONDS.toMillis(after[FLOWS / 2]), p99);
    assertThat(p99).isLessThan(P99_MILLIS_MAX);
    for (OneProcess.Device device : devices) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(ask(device, d -> d.tunnel().status().linkReason())).isEqualTo(reason);
            // A question that was on its way may have been answered after the cut.
            assertThat(
                    ask(
                        device,
                        d ->
                            d.tunnel().status().ended().stream()
                                .map(end -> end.reason())
                                .filter(reason::equals)
                                .findFirst()
                                .orElse("")))
                .isEqualTo(reason);
          });
    }
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
  }

  private static String ask(
      OneProcess.Device device, java.util.function.Function<OneProcess.Device, String> question)
      throws Exception {
    return CompletableFuture.supplyAsync(() -> question.apply(device), device.loop())
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void userWhoIsSwitchedOffLosesEveryFlow() {
    long commit = System.nanoTime();
    all.change(people(2, Duration.ofHours(1), true, false, DeviceRecord.State.REGISTERED));
    everythingEnds(commit, "USER_DISABLED");
  }

  @Test
  void revokedSessionLosesEveryFlow() {
    long commit = System.nanoTime();
    all.change(people(2, Duration.ofHours(1), false, true, DeviceRecord.State.REGISTERED));
    everythingEnds(commit, "SESSION_REVOKED");
  }

  @Test
  void quarantinedDeviceLosesEveryFlow() {
    long commit = System.nanoTime();
    all.change(people(2, Duration.ofHours(1), false, false, DeviceRecord.State.QUARANTINED));
    everythingEnds(commit, "DEVICE_REVOKED");
  }

  @Test
  void sessionThatReachesItsAgeLosesEveryFlow() {
    Duration age = Duration.ofSeconds(2);
    long over = System.nanoTime() + age.toNanos();
    all.change(standing(2, age));
    everythingEnds(over, "SESSION_EXPIRED");
  }
}
