package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.internal.PlatformDependent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.local.Target;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;

/**
 * A device with a good certificate that misbehaves inside a lane to a real app connector, and a
 * broker that was broken into; all through the broker's port.
 */
final class HostileLaneTest {
  private static final Duration VALIDITY = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Longer than a device tries to resume a flow. */
  private static final int ORPHAN_PATIENCE_MILLIS = 15_000;

  private static final SpiffeId THIEF = new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d2");

  /** What sixteen mebibytes that nobody asked for may cost. */
  private static final long MEMORY_MAX = 8L << 20;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private CapturedLog log;
  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private LiveTls thiefTls;
  private OneProcess.Raw thief;

  @BeforeEach
  void start() throws Exception {
    log = new CapturedLog();
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()));
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    await().atMost(PATIENCE).until(() -> all.connectors() == 1);
    thiefTls = all.tls(THIEF, VALIDITY);
    thief = all.raw(THIEF);
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    log.close();
    log.assertNoStackTrace();
  }

  private Open open(long flowId) {
    return Open.newBuilder()
        .setFlowId(flowId)
        .setHost("echo.corp.internal")
        .setPort(echo.port())
        .setTransport(Transport.TRANSPORT_TCP)
        .build();
  }

  /** What the broker says of this flow. */
  private Envelope answer(long flowId) throws InterruptedException {
    while (true) {
      Envelope message = thief.heard().poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(message).as("an answer about flow " + flowId).isNotNull();
      if (message != null
          && ((message.hasOpened() && message.getOpened().getFlowId() == flowId)
              || (message.hasRefused() && message.getRefused().getFlowId() == flowId))) {
        return message;
      }
    }
  }

  private LaneEnd lane(Open open) throws Exception {
    return LaneEnd.dial(loops.next(), thiefTls, all.brokerPort(), open);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private OneProcess.Device honestDevice() {
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.names().containsKey("plan"));
    return device;
  }

  @Test
  void dataForAFlowThatWasNeverGrantedIsNotDialled() throws Exception {
    try (LaneEnd lane = lane(open(1))) {
      assertThat(answer(1).hasOpened()).isTrue();
      lane.say(LaneEnd.DATA, 7, ascii("hello"));
      LaneEnd.Frame reset = lane.hears(LaneEnd.RESET);
      assertThat(reset.flowId()).isEqualTo(7);
      assertThat(reset.code()).isEqualTo(ReasonCode.FLOW_NOT_GRANTED_VALUE);

      long direct = PlatformDependent.usedDirectMemory();
      for (int i = 0; i < 256; i++) {
        lane.say(LaneEnd.DATA, 8, new byte[64 << 10]);
      }
      LaneEnd.Frame flood = lane.hears(LaneEnd.RESET);
      assertThat(flood.flowId()).isEqualTo(8);
      assertThat(flood.code()).isEqualTo(ReasonCode.WINDOW_EXCEEDED_VALUE);
      lane.say(LaneEnd.DATA, 1, ascii("hello"));
      assertThat(lane.hears(LaneEnd.DATA).payload().toByteArray()).isEqualTo(ascii("hello"));
      assertThat(PlatformDependent.usedDirectMemory() - direct).isLessThan(MEMORY_MAX);
      assertThat(echo.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void acknowledgementBeyondWhatWasSentResetsThatFlowAlone() throws Exception {
    try (LaneEnd lane = lane(open(1))) {
      assertThat(answer(1).hasOpened()).isTrue();
      thief.link().send(Envelope.newBuilder().setOpen(on(lane, open(2))).build());
      assertThat(answer(2).hasOpened()).isTrue();
      lane.say(LaneEnd.ACK, 1, LaneEnd.number(1L << 40, 1 << 20));
      LaneEnd.Frame reset = lane.hears(LaneEnd.RESET);
      assertThat(reset.flowId()).isEqualTo(1);
      assertThat(reset.code()).isEqualTo(ReasonCode.ACK_BEYOND_SENT_VALUE);
      lane.say(LaneEnd.DATA, 2, ascii("hello"));
      assertThat(lane.hears(LaneEnd.DATA).payload().toByteArray()).isEqualTo(ascii("hello"));
    }
  }

  private static Open on(LaneEnd lane, Open open) {
    return open.toBuilder().setLaneId(lane.id()).build();
  }

  @Test
  void oversizedFrameEndsTheLane() throws Exception {
    try (LaneEnd lane = lane(open(1))) {
      assertThat(answer(1).hasOpened()).isTrue();
      lane.sayBytes(
          (byte) LaneEnd.DATA,
          (byte) 1,
          (byte) 0,
          (byte) 1,
          (byte) 0,
          (byte) 0,
          (byte) 0,
          (byte) 1);
      assertThat(lane.ends()).isTrue();
    }
  }

  @Test
  void someoneElsesFlowIsNeitherResumedNorDisturbed() throws Exception {
    OneProcess.Device owner = honestDevice();
    try (Program program = Program.connect(owner, new Target("echo.corp.internal", echo.port()))) {
      assertThat(program.ask("mine")).isEqualTo("mine");
      try (LaneEnd lane = lane(open(9))) {
        assertThat(answer(9).hasOpened()).isTrue();
        for (long flowId = 1; flowId <= 4; flowId++) {
          Open resume =
              on(lane, open(flowId)).toBuilder().setResume(true).setConnectorId("c1").build();
          thief.link().send(Envelope.newBuilder().setOpen(resume).build());
          assertThat(answer(flowId).getRefused().getReason())
              .isIn(ReasonCode.RESUME_UNKNOWN_FLOW, ReasonCode.RESUME_NOT_YOURS);
          lane.say(LaneEnd.RESUME, flowId, LaneEnd.number(0));
        }
        lane.say(LaneEnd.DATA, 9, ascii("own"));
        assertThat(lane.hears(LaneEnd.DATA).payload().toByteArray()).isEqualTo(ascii("own"));
      }
      assertThat(program.ask("still mine")).isEqualTo("still mine");
    }
  }

  private static String lastEnd(OneProcess.Device device) throws Exception {
    return CompletableFuture.supplyAsync(() -> device.tunnel().status(), device.loop())
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .ended()
        .stream()
        .findFirst()
        .map(TunnelStatus.EndLine::reason)
        .orElse("");
  }

  @Test
  void brokerThatSwapsConnectorsOnResumeIsNotFollowed() throws Exception {
    OneProcess.Device device = honestDevice();
    try (Program program = Program.connect(device, new Target("echo.corp.internal", echo.port()))) {
      assertThat(program.ask("before")).isEqualTo("before");
      var other = all.connector("vpc-a", "c3", EchoApplication.resolver());
      await().atMost(PATIENCE).until(() -> other.status().applications() > 0);
      int connections = echo.connections.get();
      AtomicInteger swapped = new AtomicInteger();
      all.twist =
          request -> {
            if (!request.getOpen().getResume()) {
              return request;
            }
            swapped.incrementAndGet();
            return request.toBuilder().setConnectorId("c3").build();
          };
      // A broker can always end a flow. It cannot make it go on with somebody else. A flow that is
      // resumed on a lane that was there already is not asked for by a request, so not swapped.
      program.socket().setSoTimeout(ORPHAN_PATIENCE_MILLIS);
      int cuts = 0;
      do {
        assertThat(cuts++).as("cuts that the flow outlived").isLessThan(6);
        all.cutConnections();
      } while (!program.ends());
      assertThat(swapped.get()).isPositive();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(lastEnd(device))
                  .isIn(
                      "RESUME_UNKNOWN_FLOW",
                      "LANE_WRONG_CONNECTOR",
                      "RESUME_FAILED",
                      "LANE_LOST",
                      "CONNECTOR_GONE"));
      assertThat(echo.connections.get()).isEqualTo(connections);
      assertThat(other.status().flows()).isZero();
    }
  }
}
