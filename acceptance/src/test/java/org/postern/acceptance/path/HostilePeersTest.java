package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.access.DecisionLog;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.postern.tunnel.message.Resolve;
import org.postern.tunnel.message.Transport;

/** Peers with valid certificates that do what they may not. */
final class HostilePeersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PORT = 4242;
  private static final SpiffeId DEVICE = new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d1");
  private static final SpiffeId CONNECTOR =
      new SpiffeId.ConnectorId(OneProcess.DOMAIN, "vpc-a", "c1");

  @TempDir private Path directory;
  private OneProcess all;

  @BeforeEach
  void start() {
    all = new OneProcess(directory, Policies.allowing(1, PORT));
  }

  @AfterEach
  void stop() {
    all.close();
  }

  private static Envelope open(long flowId, String host) {
    return Envelope.newBuilder()
        .setOpen(
            Open.newBuilder()
                .setFlowId(flowId)
                .setHost(host)
                .setPort(PORT)
                .setTransport(Transport.TRANSPORT_TCP)
                .setLaneId(ByteString.copyFrom(new byte[16])))
        .build();
  }

  private static Refused refusal(OneProcess.Raw peer) throws InterruptedException {
    while (true) {
      Envelope message = peer.heard().poll(30, TimeUnit.SECONDS);
      assertThat(message).as("an answer").isNotNull();
      if (message != null && message.hasRefused()) {
        return message.getRefused();
      }
    }
  }

  @Test
  void connectorThatActsAsADeviceLosesItsLink() throws Exception {
    OneProcess.Raw connector = all.raw(CONNECTOR);
    connector.link().send(open(1, "echo.corp.internal"));
    assertThat(connector.closed().get(30, TimeUnit.SECONDS))
        .isEqualTo(ReasonCode.UNEXPECTED_MESSAGE);
  }

  @Test
  void deviceThatActsAsABrokerLosesItsLink() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    device.link().send(Envelope.newBuilder().setGrant(Grant.newBuilder().setFlowId(1)).build());
    assertThat(device.closed().get(30, TimeUnit.SECONDS)).isEqualTo(ReasonCode.UNEXPECTED_MESSAGE);
  }

  @Test
  void brokerCertificateIsNoTicketToTheDoor() {
    OneProcess.Raw broker = all.raw(new SpiffeId.BrokerId(OneProcess.DOMAIN, "b2"));
    assertRefused(broker, ReasonCode.KIND_NOT_ALLOWED);
  }

  @Test
  void deviceThatPolicyDoesNotKnowIsToldSo() {
    OneProcess.Raw stranger = all.raw(new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d9"));
    assertRefused(stranger, ReasonCode.DEVICE_REVOKED);
  }

  private static void assertRefused(OneProcess.Raw peer, ReasonCode reason) {
    assertThat(peer.dialled().isSuccess()).isFalse();
    assertThat(peer.dialled().cause())
        .isInstanceOfSatisfying(
            TunnelException.class, fault -> assertThat(fault.reason()).isEqualTo(reason));
  }

  @Test
  void connectorOfAGroupThatIsNotItsOwnIsNotLinked() {
    OneProcess.Raw impostor = all.raw(new SpiffeId.ConnectorId(OneProcess.DOMAIN, "vpc-b", "c1"));
    assertRefused(impostor, ReasonCode.CONNECTOR_REVOKED);
  }

  @Test
  void forbiddenAndUnknownApplicationsAreRefusedAlike() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    device.link().send(open(1, "secret.corp.internal"));
    Refused forbidden = refusal(device);
    device.link().send(open(2, "nonsense.corp.internal"));
    Refused unknown = refusal(device);
    assertThat(forbidden.getReason()).isEqualTo(ReasonCode.POLICY_NO_RULE);
    assertThat(forbidden.toBuilder().clearFlowId().clearDecisionId().build())
        .isEqualTo(unknown.toBuilder().clearFlowId().clearDecisionId().build());
  }

  @Test
  void flowOnALaneThatIsNotOursIsSentForAnother() throws Exception {
    all.raw(CONNECTOR);
    OneProcess.Raw device = all.raw(DEVICE);
    device.link().send(open(1, "echo.corp.internal"));
    Refused refused = refusal(device);
    assertThat(refused.getReason()).isEqualTo(ReasonCode.LANE_UNKNOWN);
    assertThat(refused.getRetryWithLane()).isTrue();
  }

  @Test
  void malformedOpensAreProtocolErrors() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    device.link().send(open(0, "echo.corp.internal"));
    assertThat(refusal(device).getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    device.link().send(open(1L << 40, "echo.corp.internal"));
    assertThat(refusal(device).getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    device.link().send(open(1, "x".repeat(300)));
    assertThat(refusal(device).getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    device.link().send(open(1, ""));
    assertThat(refusal(device).getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void floodOfOpensIsLimitedAndNothingStays() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    int flood = 5_000;
    for (int i = 1; i <= flood; i++) {
      device.link().send(open(i, "nonsense.corp.internal"));
    }
    await()
        .atMost(PATIENCE)
        .until(() ->
            device.heard().stream()
                .anyMatch(each ->
                    each.hasRefused() && each.getRefused().getReason() == ReasonCode.RATE_LIMITED));
    assertThat(all.liveFlows()).isZero();
  }

  private static void ask(OneProcess.Raw device, int id, String host) throws Exception {
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setResolve(Resolve.newBuilder().setQueryId(id).setHost(host))
                .build());
    while (true) {
      Envelope message = device.heard().poll(30, TimeUnit.SECONDS);
      assertThat(message).as("an answer").isNotNull();
      if (message != null && message.hasResolved() && message.getResolved().getQueryId() == id) {
        return;
      }
    }
  }

  @Test
  void deniedNamesAreKeptOnceAndNoFloodOfThemIs() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    for (int i = 1; i <= 5; i++) {
      ask(device, i, "secret.corp.internal");
    }
    ask(device, 6, "echo.corp.internal");
    ask(device, 7, "nobody.corp.internal");
    // An answer comes first and the denial is kept then: it has been before the next answer.
    ask(device, 8, "echo.corp.internal");
    assertThat(all.notes.stream().map(DecisionLog.Note::host))
        .containsExactly("secret.corp.internal", "nobody.corp.internal");
    assertThat(all.notes).allMatch(each -> each.occasion() == DecisionLog.Occasion.NAME);
    assertThat(all.notes.stream().map(DecisionLog.Note::port)).containsExactly(PORT, 0);
    long begun = System.nanoTime();
    for (int i = 10; i < 400; i++) {
      ask(device, i, "n" + i + ".corp.internal");
    }
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    assertThat(all.notes).hasSizeLessThan(60 + (int) seconds * 20);
  }

  @Test
  void whatIsRefusedWithoutAskingPolicyHasAnIdAndIsKept() throws Exception {
    OneProcess.Raw device = all.raw(DEVICE);
    device.link().send(open(0, "echo.corp.internal"));
    Refused refused = refusal(device);
    assertThat(refused.getDecisionId()).isNotEmpty();
    assertThat(all.notes)
        .singleElement()
        .satisfies(note -> {
          assertThat(note.id()).isEqualTo(refused.getDecisionId());
          assertThat(note.fault()).isEqualTo("PROTOCOL_ERROR");
        });
  }
}
