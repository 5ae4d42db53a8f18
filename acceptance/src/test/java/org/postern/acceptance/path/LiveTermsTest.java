package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.Target;
import org.postern.policystore.Application;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.decision.Snapshot;

/** A live flow follows what changes about its application: its way, its idle and its age limit. */
final class LiveTermsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;
  private long version = 1;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(version, echo.port()));
    SystemResolver resolver = EchoApplication.resolver();
    all.connector("vpc-a", "c1", resolver);
    all.connector("vpc-b", "c2", resolver);
    device = all.device("u1", "d1");
    await()
        .atMost(PATIENCE)
        .until(() -> all.connectors() == 2 && device.names().containsKey("plan"));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private void change(UnaryOperator<Application> echoBecomes) {
    PolicyConfiguration now = all.snapshot.get().configuration();
    version++;
    all.change(
        Snapshot.build(
            version,
            now.withApplications(
                now.applications().stream()
                    .map(each -> each.name().equals("echo") ? echoBecomes.apply(each) : each)
                    .toList()),
            all.snapshot.get().identities()));
  }

  private void limits(int idleSeconds, int ageSeconds) {
    Obligations obligations =
        new Obligations(
            Duration.ofSeconds(idleSeconds), Duration.ofSeconds(ageSeconds), true, false, false);
    change(each ->
        new Application(
            each.name(),
            each.hosts(),
            each.tcp(),
            each.udp(),
            each.connectorGroups(),
            obligations));
  }

  private Program connect() throws Exception {
    Program program = Program.connect(device, new Target("echo.corp.internal", echo.port()));
    assertThat(program.ask("hello")).isEqualTo("hello");
    return program;
  }

  private String lastEnd() throws Exception {
    return CompletableFuture.supplyAsync(
            () ->
                device.tunnel().status().ended().stream()
                    .findFirst()
                    .map(end -> end.reason())
                    .orElse(""),
            device.loop())
        .get(30, TimeUnit.SECONDS);
  }

  private void endsWith(Program program, String reason) {
    assertThat(program.ends()).isTrue();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(lastEnd()).isEqualTo(reason));
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
  }

  @Test
  void flowWhoseConnectorGroupMayNoLongerServeItIsCutAndTheNextOneGoesTheOtherWay()
      throws Exception {
    try (Program program = connect()) {
      change(each -> each.withConnectorGroups(List.of("vpc-b")));
      endsWith(program, "POLICY_CONNECTOR_GROUP");
    }
    try (Program again = connect()) {
      change(each -> each.withConnectorGroups(List.of("vpc-a", "vpc-b")));
      assertThat(again.ask("still here")).isEqualTo("still here");
    }
  }

  @Test
  void ageThatIsExceededAlreadyEndsTheFlow() throws Exception {
    try (Program program = connect()) {
      limits(0, 1);
      endsWith(program, "AGE_EXPIRED");
    }
  }

  @Test
  void shorterIdleLimitHoldsForFlowsThatAreOpen() throws Exception {
    try (Program program = connect()) {
      limits(1, 0);
      endsWith(program, "IDLE_TIMEOUT");
    }
  }

  @Test
  void longerLimitsHoldForFlowsThatAreOpenAtBothEnds() throws Exception {
    limits(5, 6);
    try (Program program = connect()) {
      limits(3_600, 7_200);
      await().during(Duration.ofSeconds(9)).atMost(PATIENCE).until(() -> all.liveFlows() == 1);
      assertThat(program.ask("still here")).isEqualTo("still here");
    }
  }
}
