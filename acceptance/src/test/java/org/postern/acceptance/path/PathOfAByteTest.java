package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.broker.access.DecisionLog;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.identity.SpiffeId;
import org.postern.policystore.decision.Decision;
import org.postern.tunnel.message.CutDone;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowClosed;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.Opened;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;

/** Device, broker, connector and application in one process, over real TLS and real sockets. */
final class PathOfAByteTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()));
    Connector connector = all.connector("vpc-a", "c1", resolver());
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.owns("echo.corp.internal"));
    await().atMost(PATIENCE).until(() -> connector.status().lanes() > 0);
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private static SystemResolver resolver() {
    List<InetAddress> loopback = List.of(InetAddress.getLoopbackAddress());
    return new SystemResolver(
        List.of(), Map.of("echo.corp.internal", loopback, "secret.corp.internal", loopback));
  }

  private Target target() {
    return new Target("echo.corp.internal", echo.port());
  }

  private Program connect(Target target) throws Exception {
    return Program.connect(device, target);
  }

  @Test
  void programReachesTheApplicationByNameAndBytesComeBack() throws Exception {
    try (Program program = connect(target())) {
      assertThat(program.ask("hello")).isEqualTo("hello");
      assertThat(program.answer()).isEqualTo("opened");
    }
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
  }

  @Test
  void forbiddenAndNonsenseNamesGiveTheSameAnswer() throws Exception {
    Resolution forbidden = resolve("secret.corp.internal");
    Resolution nonsense = resolve("nonsense.corp.internal");
    assertThat(forbidden).isInstanceOf(Resolution.Unknown.class).isEqualTo(nonsense);
    assertThat(resolve("echo.corp.internal")).isInstanceOf(Resolution.Permitted.class);
    try (Program program = connect(new Target("secret.corp.internal", echo.port()))) {
      assertThat(program.answer()).isEqualTo("POLICY_NO_RULE");
    }
  }

  private Resolution resolve(String host) throws Exception {
    CompletableFuture<Resolution> answer = new CompletableFuture<>();
    device
        .loop()
        .execute(() ->
            device
                .tunnel()
                .gateway()
                .resolve(host)
                .addListener(done -> answer.complete((Resolution) done.getNow())));
    return answer.get(30, TimeUnit.SECONDS);
  }

  @Test
  void manyMebibytesEachWayArriveWholeAndHalfCloseIsPassedOn() throws Exception {
    byte[] sent = new byte[64 << 20];
    new Random(7).nextBytes(sent);
    try (Program program = connect(target())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              OutputStream out = program.socket().getOutputStream();
              out.write(sent);
              program.socket().shutdownOutput();
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      InputStream in = program.socket().getInputStream();
      assertThat(in.readAllBytes()).isEqualTo(sent);
    }
  }

  @Test
  void deletingTheRuleCutsTheLiveFlowAndTheReasonShows() throws Exception {
    try (Program program = connect(target())) {
      assertThat(program.ask("hello")).isEqualTo("hello");
      all.change(Policies.denying(2, echo.port()));
      assertThat(program.ends()).isTrue();
    }
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(lastEnd()).isEqualTo("POLICY_CHANGED"));
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
    // The lane says why at once; the broker's own word, with its decision, takes another way.
    DecisionLog.Note cut =
        await()
            .atMost(PATIENCE)
            .until(this::decisionOfTheLastEnd, Optional::isPresent)
            .orElseThrow();
    assertThat(
            cut.snapshot()
                .explain(cut.subject(), cut.host(), cut.port(), cut.transport(), cut.atMillis())
                .decision())
        .as("the decision that cut it, and not the one that let it in")
        .isInstanceOf(Decision.Deny.class);
  }

  @Test
  void revokedSessionCutsEverythingAndTheDeviceLearnsWhy() throws Exception {
    try (Program program = connect(target())) {
      assertThat(program.ask("hello")).isEqualTo("hello");
      all.change(Policies.revoked(2, echo.port()));
      assertThat(program.ends()).isTrue();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(linkReason()).isEqualTo("SESSION_REVOKED"));
  }

  private Optional<DecisionLog.Note> decisionOfTheLastEnd() throws Exception {
    String id = onLoop(() -> device.tunnel().status().ended().getFirst().decisionId());
    return all.notes.stream().filter(each -> each.id().equals(id)).findFirst();
  }

  private String lastEnd() throws Exception {
    return onLoop(() ->
        device.tunnel().status().ended().stream().findFirst().map(end -> end.reason()).orElse(""));
  }

  private String linkReason() throws Exception {
    return onLoop(() -> device.tunnel().status().linkReason());
  }

  private String onLoop(java.util.function.Supplier<String> question) throws Exception {
    return CompletableFuture.supplyAsync(question, device.loop()).get(30, TimeUnit.SECONDS);
  }

  @Test
  void brokerThatComesBackIsFoundAgainAndFlowsGoOn() throws Exception {
    try (Program program = connect(target())) {
      assertThat(program.ask("hello")).isEqualTo("hello");
      all.restartBroker(Duration.ZERO);
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> {
            try (Program again = connect(target())) {
              assertThat(again.ask("again")).isEqualTo("again");
            }
          });
      // Its lane was cut with the broker: it is resumed through the new one, at the same connector.
      assertThat(program.ask("still")).isEqualTo("still");
    }
  }

  @Test
  void connectorThatSpeaksOfOtherConnectorsFlowsIsNotHeard() throws Exception {
    try (Program program = connect(target())) {
      assertThat(program.ask("hello")).isEqualTo("hello");
      OneProcess.Raw rogue = all.raw(new SpiffeId.ConnectorId(OneProcess.DOMAIN, "vpc-b", "c2"));
      String victim = new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d1").toString();
      for (int id = 1; id <= 4; id++) {
        rogue
            .link()
            .send(
                Envelope.newBuilder()
                    .setOpened(Opened.newBuilder().setFlowId(id).setDeviceSpiffeId(victim))
                    .build());
        rogue
            .link()
            .send(
                Envelope.newBuilder()
                    .setRefused(
                        Refused.newBuilder()
                            .setFlowId(id)
                            .setDeviceSpiffeId(victim)
                            .setReason(ReasonCode.POLICY_DENIED))
                    .build());
        rogue
            .link()
            .send(
                Envelope.newBuilder()
                    .setCutDone(CutDone.newBuilder().setFlowId(id).setDeviceSpiffeId(victim))
                    .build());
        rogue
            .link()
            .send(
                Envelope.newBuilder()
                    .setFlowClosed(FlowClosed.newBuilder().setFlowId(id).setDeviceSpiffeId(victim))
                    .build());
      }
      // Its link falls for this last word: then the broker has heard all that came before.
      rogue.link().send(Envelope.newBuilder().setOpen(Open.getDefaultInstance()).build());
      assertThat(rogue.closed().get(30, TimeUnit.SECONDS)).isEqualTo(ReasonCode.UNEXPECTED_MESSAGE);
      assertThat(resolve("echo.corp.internal")).isInstanceOf(Resolution.Permitted.class);
      assertThat(program.ask("still")).isEqualTo("still");
      assertThat(all.liveFlows()).isEqualTo(1);
    }
  }

  @Test
  void deadApplicationIsRefusedWithItsReason() throws Exception {
    int port = echo.port();
    echo.die();
    try (Program program = connect(new Target("echo.corp.internal", port))) {
      assertThat(program.answer()).isEqualTo("CONNECT_REFUSED");
    }
  }

  @Test
  void datagramsKeepTheirBoundaries() throws Exception {
    try (java.net.DatagramSocket server =
        new java.net.DatagramSocket(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.port()))) {
      Thread.ofVirtual().start(() -> echoDatagrams(server));
      CompletableFuture<String> first = new CompletableFuture<>();
      device
          .loop()
          .execute(() -> {
            var association =
                device.tunnel().gateway().associate(target(), new FirstDatagram(first));
            association.send(Unpooled.copiedBuffer("one", StandardCharsets.UTF_8));
          });
      assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo("one");
    }
  }

  private static void echoDatagrams(java.net.DatagramSocket server) {
    byte[] bytes = new byte[2048];
    try {
      while (true) {
        java.net.DatagramPacket packet = new java.net.DatagramPacket(bytes, bytes.length);
        server.receive(packet);
        server.send(packet);
      }
    } catch (java.io.IOException e) {
      // Closed at the end of the test.
    }
  }

  private record FirstDatagram(CompletableFuture<String> first)
      implements org.postern.clientconnector.local.DatagramEnd {
    @Override
    public void onDatagram(ByteBuf payload) {
      first.complete(payload.toString(StandardCharsets.UTF_8));
      payload.release();
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      first.complete("closed: " + reason.name() + " " + text);
    }
  }
}
