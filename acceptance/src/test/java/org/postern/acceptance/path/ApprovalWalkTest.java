package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.broker.clientside.ClientSide;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.tunnel.message.AccessAnswer;
import org.postern.tunnel.message.AccessRequest;
import org.postern.tunnel.message.AccessWish;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Why;
import org.postern.tunnel.message.WhyAnswer;

/** Access for a time, from the person's wish to the end of the flow that it let in. */
final class ApprovalWalkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String PAYMENTS = "payments.corp.internal";

  @TempDir private Path folder;
  private final TestClock clock = new TestClock();
  private EchoApplication echo;
  private WholeBroker all;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all =
        new WholeBroker(
            folder.resolve("broker"),
            Path.of("target/postgres-programs"),
            new ClientSide.Time(clock, System::nanoTime, clock),
            Set.of());
    Path file = Files.writeString(folder.resolve("policy.yaml"), policy());
    WholeBroker.Outcome applied = all.admin("apply", "-f", file.toString(), "-m", "first");
    assertThat(applied.code()).as(applied.err()).isZero();
    all.connector("vpc-a", Map.of(PAYMENTS, List.of(InetAddress.getLoopbackAddress())));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    clock.close();
    echo.close();
  }

  private String policy() {
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: vpc-a}]
    applications:
      - {name: payments, hosts: [payments.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true, labels: [owner=payments]}
      - {name: secret, hosts: [secret.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true}
      - {name: closed, hosts: [closed.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true}
    rules:
      - {name: by-word, action: require-approval, applications: [payments], anyone: true,
         message: "Ask the payments team."}
      - {name: not-now, action: deny, applications: [closed], anyone: true,
         message: "Closed until Monday."}
    identityProviders:
      - {name: corp, issuer: "%2$s", clientId: postern, allowPlainHttp: true}
    """
        .formatted(echo.port(), all.issuer());
  }

  /** Asks on the device's loop, where alone it may be asked. */
  private static <T> T on(WholeBroker.Device device, Callable<Future<T>> question)
      throws Exception {
    Future<T> answer = device.proxy().eventLoop().submit(question).get(30, TimeUnit.SECONDS);
    return answer.get(30, TimeUnit.SECONDS);
  }

  private WhyAnswer why(WholeBroker.Device device, String host) throws Exception {
    return on(
        device,
        () -> device.tunnel().questions().why(Why.newBuilder().setHost(host).setPort(echo.port())));
  }

  private AccessAnswer wish(WholeBroker.Device device, String host) throws Exception {
    return on(
        device,
        () ->
            device
                .tunnel()
                .questions()
                .wish(
                    AccessWish.newBuilder()
                        .setHost(host)
                        .setPort(echo.port())
                        .setReason("ticket 77")
                        .setSeconds(7_200)));
  }

  private static AccessRequest request(WholeBroker.Device device) throws Exception {
    return on(device, () -> device.tunnel().questions().requests()).getRequests(0);
  }

  private static TunnelStatus status(WholeBroker.Device device) throws Exception {
    return device.proxy().eventLoop().submit(device.tunnel()::status).get(30, TimeUnit.SECONDS);
  }

  private WholeBroker.Device linked(String name) throws Exception {
    WholeBroker.Device device = all.device(name);
    await().atMost(PATIENCE).until(() -> status(device).linked());
    return device;
  }

  @Test
  void approvedFlowEndsAtTheInstantItShouldAndTheLogTellsTheStory() throws Exception {
    WholeBroker.Device alice = linked("alice");
    assertThat(alice.connect(PAYMENTS, echo.port()).open()).isFalse();
    WhyAnswer needed = why(alice, PAYMENTS);
    assertThat(needed.getReason()).isEqualTo(ReasonCode.POLICY_APPROVAL_REQUIRED);
    assertThat(needed.getText()).isEqualTo("Ask the payments team.");
    await()
        .atMost(PATIENCE)
        .until(() -> all.admin("decision", "show", needed.getDecisionId()).code() == 0);
    assertThat(all.admin("decision", "show", needed.getDecisionId()).out())
        .contains("by-word")
        .contains(PAYMENTS);

    String id = wish(alice, PAYMENTS).getRequestId();
    assertThat(request(alice).getState()).isEqualTo(AccessRequest.State.STATE_WAITING);
    nobodyApprovesHisOwn(alice, id);
    onlyAnApproverOfThatApplicationApproves(id);

    WholeBroker.Program paying = open(alice);
    Instant until =
        Instant.parse(
            all.adminJson("approval", "list").path("items").get(0).path("until").asText());
    assertThat(request(alice).getState()).isEqualTo(AccessRequest.State.STATE_APPROVED);
    assertThat(request(alice).getEndsUnixMillis()).isEqualTo(until.toEpochMilli());

    clock.standAt(until.minusMillis(2));
    await()
        .during(Duration.ofSeconds(1))
        .atMost(PATIENCE)
        .until(() -> paying.isAlive() && status(alice).flows().size() == 1);
    clock.standAt(until);
    await().atMost(PATIENCE).until(() -> !paying.isAlive());
    assertThat(alice.connect(PAYMENTS, echo.port()).open()).isFalse();
    assertThat(status(alice).ended())
        .anySatisfy(end -> {
          assertThat(end.reason()).isEqualTo("POLICY_APPROVAL_REQUIRED");
          assertThat(end.text()).contains("postern request ");
          assertThat(end.decisionId()).isNotEmpty();
        });
    await()
        .atMost(PATIENCE)
        .until(() -> request(alice).getState() == AccessRequest.State.STATE_ENDED);
    theLogTellsTheStory();
  }

  /** By whatever name he goes: what counts is whose the token is. */
  private void nobodyApprovesHisOwn(WholeBroker.Device alice, String id) throws Exception {
    for (String[] order :
        new String[][] {
          {"--name", "help-desk", "--user", "alice@example.com"},
          {"--name", "night-shift", "--user", alice.userId()},
          {"--name", "Alice@Example.com"}
        }) {
      List<String> create = new ArrayList<>(List.of("token", "create", "--role", "approver"));
      create.addAll(List.of(order));
      WholeBroker.Outcome made = all.admin(create.toArray(String[]::new));
      assertThat(made.code()).as(made.err()).isZero();
      Path token = Files.writeString(folder.resolve("approver.token"), made.out());
      WholeBroker.Outcome tried =
          all.admin("approval", "approve", id, "--token-file", token.toString());
      assertThat(tried.code()).isNotZero();
      assertThat(tried.err()).contains("Nobody approves his own request");
    }
    assertThat(request(alice).getState()).isEqualTo(AccessRequest.State.STATE_WAITING);
  }

  private void onlyAnApproverOfThatApplicationApproves(String id) throws Exception {
    WholeBroker.Outcome other = approve(id, "owner=people");
    assertThat(other.code()).isNotZero();
    assertThat(other.err()).contains("request");
    WholeBroker.Outcome approved = approve(id, "owner=payments");
    assertThat(approved.code()).as(approved.err()).isZero();
  }

  /** By somebody whose role is narrowed to a label. */
  private WholeBroker.Outcome approve(String id, String label) throws Exception {
    String role = label.replace('=', '-');
    WholeBroker.Outcome made =
        all.admin("role", "put", role, "--permission", "approvals:*", "--label", label);
    assertThat(made.code()).as(made.err()).isZero();
    WholeBroker.Outcome token =
        all.admin("token", "create", "--name", "of-" + role, "--role", role);
    assertThat(token.code()).as(token.err()).isZero();
    Path file = Files.writeString(folder.resolve(role), token.out());
    return all.admin(
        "approval", "approve", id, "--for", "10m", "--note", "ok", "--token-file", file.toString());
  }

  private WholeBroker.Program open(WholeBroker.Device device) {
    List<WholeBroker.Program> opened = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          WholeBroker.Program program = device.connect(PAYMENTS, echo.port());
          if (program.open()) {
            opened.add(program);
          }
          return program.open();
        });
    assertThat(opened.getFirst().isAlive()).isTrue();
    return opened.getFirst();
  }

  private void theLogTellsTheStory() throws Exception {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(actions()).contains("approval.use", "approval.end"));
    assertThat(actions())
        .containsSubsequence("approval.ask", "approveRequest", "approval.use", "approval.end");
    WholeBroker.Outcome verified = all.admin("audit", "verify");
    assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
  }

  private List<String> actions() throws IOException {
    List<String> actions = new ArrayList<>();
    for (JsonNode each : all.adminJson("audit", "list", "--limit", "1000").path("items")) {
      actions.addFirst(each.path("action").asText());
    }
    return actions;
  }

  @Test
  void whatIsForbiddenAndWhatDoesNotExistAreAnsweredInTheSameWords() throws Exception {
    WholeBroker.Device alice = linked("alice");
    WhyAnswer forbidden = why(alice, "secret.corp.internal");
    WhyAnswer nowhere = why(alice, "nowhere.corp.internal");
    assertThat(plain(forbidden)).isEqualTo(plain(nowhere));
    assertThat(forbidden.getReason()).isEqualTo(ReasonCode.POLICY_NO_RULE);
    assertThat(forbidden.getDecisionId()).isNotEqualTo(nowhere.getDecisionId());
    AccessAnswer wished = wish(alice, "secret.corp.internal");
    assertThat(wished.getOutcome()).isEqualTo(AccessAnswer.Outcome.OUTCOME_REFUSED);
    assertThat(wished.toBuilder().clearQueryId().clearDecisionId().build())
        .isEqualTo(
            wish(alice, "nowhere.corp.internal").toBuilder()
                .clearQueryId()
                .clearDecisionId()
                .build());
    WhyAnswer closed = why(alice, "closed.corp.internal");
    assertThat(closed.getText()).isEqualTo("Closed until Monday.");
  }

  private static WhyAnswer plain(WhyAnswer answer) {
    return answer.toBuilder().clearQueryId().clearDecisionId().build();
  }
}
