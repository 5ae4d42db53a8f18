package org.postern.appconnector.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;

/** Grants that a connector must not obey, from a broker that may be broken into. */
@Timeout(60)
final class GrantTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private @Nullable World world;
  private TestDevice device;
  private TestApplication application;

  @BeforeEach
  void start() throws Exception {
    start(World.limits(1000));
  }

  private void start(LinkLimits limits) throws Exception {
    world = new World(folder, limits).start();
    device = world.device("laptop");
    application = new TestApplication();
  }

  @AfterEach
  void stop() throws Exception {
    device.close();
    application.close();
    world().close();
  }

  private World world() {
    return Objects.requireNonNull(world);
  }

  private Open open(long flowId) {
    return TestDevice.open(flowId, application.port());
  }

  private Refused refusedWith(UnaryOperator<Grant> edit) throws Exception {
    world().broker.edit = edit;
    device.lane(open(1));
    return refusal();
  }

  private Refused refusal() throws InterruptedException {
    Envelope answer = world().broker.answer();
    assertThat(answer.getBodyCase()).isEqualTo(Envelope.BodyCase.REFUSED);
    assertThat(application.nextAccepted(0)).describedAs("nothing was dialled").isNull();
    return answer.getRefused();
  }

  @Test
  void grantForAnotherDevicesLaneIsRefusedWithSubjectMismatch() throws Exception {
    Refused refused =
        refusedWith(grant ->
            grant.toBuilder()
                .setDeviceSpiffeId(grant.getDeviceSpiffeId().replace("laptop", "phone"))
                .build());
    assertThat(refused.getReason()).isEqualTo(ReasonCode.GRANT_SUBJECT_MISMATCH);
  }

  @Test
  void laterGrantForAnotherDevicesLaneIsRefusedWithSubjectMismatch() throws Exception {
    world().broker.edit = grant -> grant;
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    String other = device.id.replace("laptop", "phone");
    world().broker.grant(ScriptedBroker.honest(other, lane, open(2)));
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.GRANT_SUBJECT_MISMATCH);
  }

  private static Grant alone(Grant grant) {
    return grant.toBuilder()
        .setObligations(grant.getObligations().toBuilder().setLanePerFlow(true))
        .build();
  }

  @Test
  void secondFlowOnALaneThatOneFlowDemandsAloneIsRefused() throws Exception {
    world().broker.edit = GrantTest::alone;
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    world().broker.grant(ScriptedBroker.honest(device.id, lane, open(2)));
    Refused refused = refusal();
    assertThat(refused.getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(refused.getText()).contains("a lane of its own");
  }

  @Test
  void flowThatDemandsALaneAloneIsRefusedOnOneThatCarriesAnother() throws Exception {
    world().broker.edit = grant -> grant;
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    world().broker.grant(alone(ScriptedBroker.honest(device.id, lane, open(2))));
    Refused refused = refusal();
    assertThat(refused.getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(refused.getText()).contains("a lane of its own");
  }

  @Test
  void expiredGrantIsRefused() throws Exception {
    Refused refused =
        refusedWith(grant ->
            grant.toBuilder().setExpiresUnixMillis(InstantSource.system().millis() - 1).build());
    assertThat(refused.getReason()).isEqualTo(ReasonCode.GRANT_EXPIRED);
  }

  @Test
  void anotherGroupsApplicationIsRefused() throws Exception {
    Refused refused = refusedWith(grant -> grant.toBuilder().setApplicationId("of-vpc-b").build());
    assertThat(refused.getReason()).isEqualTo(ReasonCode.GRANT_NOT_SERVED);
  }

  @Test
  void loopbackWithoutObligationIsRefused() throws Exception {
    Refused refused =
        refusedWith(
            grant -> grant.toBuilder().setObligations(Obligations.getDefaultInstance()).build());
    assertThat(refused.getReason()).isEqualTo(ReasonCode.TARGET_FORBIDDEN);
  }

  @Test
  void metadataServiceIsRefusedEvenWhereLoopbackIsAllowed() throws Exception {
    Refused refused =
        refusedWith(g -> g.toBuilder().setHost("169.254.169.254").setPort(80).build());
    assertThat(refused.getReason()).isEqualTo(ReasonCode.TARGET_FORBIDDEN);
  }

  @Test
  void grantThatNamesNothingThatCanBeIsRefused() throws Exception {
    assertThat(refusedWith(g -> g.toBuilder().setPort(70_000).build()).getReason())
        .isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(refusedWith(g -> g.toBuilder().setFlowId(1L << 33).build()).getReason())
        .isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(refusedWith(g -> g.toBuilder().setTransportValue(9).build()).getReason())
        .isEqualTo(ReasonCode.PROTOCOL_ERROR);
  }

  @Test
  void deadTargetIsRefusedWithItsReasonAndTheDeviceHearsIt() throws Exception {
    int dead;
    try (TestApplication gone = new TestApplication()) {
      dead = gone.port();
    }
    ByteString lane = device.lane(TestDevice.open(1, dead));
    try (Socket program = device.program(1, lane)) {
      Refused refused = world().broker.answer().getRefused();
      assertThat(refused.getReason()).isEqualTo(ReasonCode.CONNECT_REFUSED);
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(device.closedFlows)
                  .anySatisfy(f -> assertThat(f.reason()).isEqualTo(ReasonCode.CONNECT_REFUSED)));
      assertThat(program.isClosed()).isFalse();
    }
  }

  @Test
  void grantForALaneThatNeverComesIsRefusedSoon() throws Exception {
    stop();
    start(World.limits(1000, Duration.ofMillis(300)));
    world().broker.grant(ScriptedBroker.honest(device.id, laneId(9), open(1)));
    Refused refused = refusal();
    assertThat(refused.getReason()).isEqualTo(ReasonCode.GRANT_UNKNOWN_LANE);
    assertThat(refused.getRetryWithLane()).isTrue();
  }

  @Test
  void grantsThatWaitAreBounded() throws Exception {
    for (int i = 0; i < 5; i++) {
      world().broker.grant(ScriptedBroker.honest(device.id, laneId(i), open(i)));
    }
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.CONNECTOR_OVERLOADED);
  }

  @Test
  void grantThatWaitsForItsLaneOpensUnderTheTermsThatHoldThen() throws Exception {
    ScriptedBroker broker = world().broker;
    broker.grantLead = Duration.ofMillis(300);
    broker.termsAfterGrant = terms(77);
    device.lane(open(1));
    Envelope answer = broker.answer();
    assertThat(answer.getOpened().getIdleTimeoutSeconds()).isEqualTo(77);
    assertThat(application.nextAccepted(10_000)).isNotNull();
  }

  private FlowTerms terms(int idleSeconds) {
    return FlowTerms.newBuilder()
        .setFlowId(1)
        .setDeviceSpiffeId(device.id)
        .setObligations(
            Obligations.newBuilder().setAllowLoopback(true).setIdleTimeoutSeconds(idleSeconds))
        .build();
  }

  @Test
  void grantWhoseTermsChangedIsStillTakenBackWhenItsLaneDoesNotCome() throws Exception {
    stop();
    start(World.limits(1000, Duration.ofMillis(300)));
    Grant grant = ScriptedBroker.honest(device.id, laneId(9), open(1));
    world().broker.grant(grant);
    world().broker.toConnector(Envelope.newBuilder().setFlowTerms(terms(77)).build());
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.GRANT_UNKNOWN_LANE);
  }

  private static ByteString laneId(int first) {
    byte[] id = new byte[16];
    id[0] = (byte) first;
    id[15] = 1;
    return ByteString.copyFrom(id);
  }

  @Test
  void offerThatNamesAnotherDeviceMakesNoLane() throws Exception {
    world().broker.offeredDevice = device.id.replace("laptop", "phone");
    device.lane(open(1));
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.GRANT_UNKNOWN_LANE);
    await().atMost(PATIENCE).until(() -> world().connector.status().devices() == 0);
    assertThat(device.closedLanes).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void someoneElsesFlowCannotBeResumed() throws Exception {
    device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    try (TestDevice thief = world().device("thief")) {
      ByteString lane = thief.lane(open(1).toBuilder().setResume(true).build());
      assertThat(refusal().getReason()).isEqualTo(ReasonCode.RESUME_UNKNOWN_FLOW);
      // A forged grant that names the owner does not help either: the lane is the thief's.
      world()
          .broker
          .grant(
              ScriptedBroker.honest(device.id, lane, open(1).toBuilder().setResume(true).build()));
      assertThat(refusal().getReason()).isEqualTo(ReasonCode.RESUME_NOT_YOURS);
    }
  }

  @Test
  void flowCannotBeResumedUnderTheNameOfAnotherTarget() throws Exception {
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    Open elsewhere = open(1).toBuilder().setHost("allowed.test").setResume(true).build();
    world().broker.grant(ScriptedBroker.honest(device.id, lane, elsewhere));
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.RESUME_UNKNOWN_FLOW);
  }

  @Test
  void sameGrantTwiceOpensOneFlow() throws Exception {
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    world().broker.grant(ScriptedBroker.honest(device.id, lane, open(1)));
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(world().connector.status().flows()).isEqualTo(1);
  }

  @Test
  void flowsBeyondTheLimitAreRefusedAndRoomComesBack() throws Exception {
    stop();
    start(World.limits(1));
    ByteString lane = device.lane(open(1));
    try (Socket program = device.program(1, lane)) {
      assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
      application.nextAccepted(10_000);
      world().broker.grant(ScriptedBroker.honest(device.id, lane, open(2)));
      assertThat(refusal().getReason()).isEqualTo(ReasonCode.CONNECTOR_OVERLOADED);
      program.getOutputStream().write("x".getBytes(StandardCharsets.UTF_8));
    }
    await().atMost(PATIENCE).until(() -> world().connector.status().flows() == 0);
  }

  @Test
  void stoppingConnectorRefusesWithItsReason() throws Exception {
    stop();
    start(World.draining(Duration.ofSeconds(20)));
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    world().connector.stop();
    world().broker.grant(ScriptedBroker.honest(device.id, lane, open(2)));
    assertThat(refusal().getReason()).isEqualTo(ReasonCode.CONNECTOR_STOPPING);
  }

  @Test
  void forgedGrantsByTheThousandLeaveNothingBehind() throws Exception {
    ByteString lane = device.lane(open(1));
    assertThat(world().broker.answer().getBodyCase()).isEqualTo(Envelope.BodyCase.OPENED);
    application.nextAccepted(10_000);
    String other = device.id.replace("laptop", "phone");
    for (int i = 0; i < 2000; i++) {
      world().broker.grant(ScriptedBroker.honest(other, lane, open(i + 2)));
    }
    for (int i = 0; i < 2000; i++) {
      assertThat(refusal().getReason()).isEqualTo(ReasonCode.GRANT_SUBJECT_MISMATCH);
    }
    ConnectorStatus status = world().connector.status();
    assertThat(status.flows()).isEqualTo(1);
    assertThat(status.devices()).isEqualTo(1);
    assertThat(status.lanes()).isEqualTo(1);
    assertThat(status.bufferedBytes()).isZero();
  }
}
