package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.BareDevice;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Refused;
import org.postern.tunnel.message.Resolve;
import org.postern.tunnel.message.Resolved;
import org.postern.tunnel.message.Transport;

/** What {@code check} says of a device is what the device is told, whatever the policy. */
final class CheckEqualsLiveTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int POLICIES = 25;
  private static final int QUESTIONS = 6;

  @TempDir private Path folder;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private WholeBroker all;
  private int flowId;
  private int opens;

  @BeforeEach
  void start() throws Exception {
    all =
        new WholeBroker(
            folder.resolve("broker"),
            Path.of("target/postgres-programs"),
            Clock.systemUTC(),
            Set.of());
    System.out.println("seed " + seed);
  }

  @AfterEach
  void stop() {
    all.close();
  }

  /** A decision that was made for a device, and how it was told. */
  private record Made(BareDevice device, String host, int port, Refused told) {}

  @Test
  void devicesThatHaveJustEnrolledAreLetInAtOnce() throws Exception {
    apply(new RandomPolicies(random, all.issuer()).next());
    for (int i = 0; i < 12; i++) {
      assertThat(all.bareDevice("early" + i, Map.of()).deviceId()).isNotEmpty();
    }
  }

  @Test
  void checkSaysWhatResolveAndOpenDecideWhateverThePolicy() throws Exception {
    RandomPolicies policies = new RandomPolicies(random, all.issuer());
    apply(policies.next());
    List<BareDevice> devices =
        List.of(
            all.bareDevice(
                "alice",
                Map.of(
                    "groups",
                    List.of("ops"),
                    "department",
                    "sales",
                    "floor",
                    List.of("2", "3"),
                    "amr",
                    List.of("pwd", "otp"),
                    "acr",
                    "silver")),
            all.bareDevice("bob", Map.of("department", "support", "amr", List.of("pwd"))),
            all.bareDevice("carol", Map.of()));
    report(devices.get(0), true);
    report(devices.get(1), false);
    int allowed = 0;
    for (int i = 0; i < POLICIES; i++) {
      apply(policies.next());
      allowed += agree(policies, devices);
    }
    assertThat(opens).isEqualTo(POLICIES * devices.size() * QUESTIONS);
    assertThat(allowed)
        .as("decisions that let somebody in")
        .isBetween(opens / 100, opens * 99 / 100);
  }

  private int agree(RandomPolicies policies, List<BareDevice> devices) throws Exception {
    List<Made> made = new ArrayList<>();
    for (BareDevice device : devices) {
      awaitInForce(device);
      for (int i = 0; i < QUESTIONS; i++) {
        String host = policies.host();
        made.add(open(device, host, policies.port()));
        if (i == 0) {
          resolveAgrees(device, host);
        }
      }
    }
    int allowed = 0;
    for (Made each : made) {
      allowed += openAgrees(each) ? 1 : 0;
    }
    return allowed;
  }

  /** An answer of the admin API; a POST if there is a body. */
  private HttpResponse<String> api(String path, String body) throws Exception {
    return all.call(
        body.isEmpty() ? "GET" : "POST",
        "/admin/v1/" + path,
        all.adminToken(),
        path.equals("apply") ? "application/yaml" : "application/json",
        body);
  }

  private void apply(String policy) throws Exception {
    HttpResponse<String> applied = api("apply", policy);
    assertThat(applied.statusCode()).as(policy + applied.body()).isEqualTo(200);
  }

  private void report(BareDevice device, boolean managed) throws Exception {
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setPostureReport(
                    PostureReport.newBuilder()
                        .addFacts(
                            PostureFact.newBuilder()
                                .setKind(PostureFact.Kind.KIND_FILE_EXISTS)
                                .setSubject("/etc/managed")
                                .setFlag(managed)))
                .build());
    await()
        .atMost(PATIENCE)
        .until(() -> {
          JsonNode known = check(device, "a0.corp.internal", 80).path("knownFacts");
          return known.path("posture").path("managed").asText().equals("" + managed);
        });
  }

  /** The device is decided about by what was applied last. */
  private void awaitInForce(BareDevice device) {
    await()
        .atMost(PATIENCE)
        .until(() ->
            resolve(device, "nobody.corp.internal").getPolicyVersion()
                == check(device, "nobody.corp.internal", 80).path("policyVersion").asLong());
  }

  private Resolved resolve(BareDevice device, String host) throws Exception {
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setResolve(Resolve.newBuilder().setQueryId(++flowId).setHost(host))
                .build());
    int wanted = flowId;
    return device
        .next(each -> each.hasResolved() && each.getResolved().getQueryId() == wanted)
        .getResolved();
  }

  private Made open(BareDevice device, String host, int port) throws Exception {
    opens += 1;
    int id = ++flowId;
    device
        .link()
        .send(
            Envelope.newBuilder()
                .setOpen(
                    Open.newBuilder()
                        .setFlowId(id)
                        .setHost(host)
                        .setPort(port)
                        .setTransport(Transport.TRANSPORT_TCP)
                        .setLaneId(ByteString.copyFrom(new byte[16])))
                .build());
    return new Made(
        device,
        host,
        port,
        device.next(each -> each.hasRefused() && each.getRefused().getFlowId() == id).getRefused());
  }

  private JsonNode check(BareDevice device, String host, int port) throws Exception {
    return check(device, host, port, "");
  }

  private JsonNode check(BareDevice device, String host, int port, String at) throws Exception {
    ObjectNode question = JSON.createObjectNode();
    question.put("device", device.deviceId()).put("host", host).put("port", port);
    if (!at.isEmpty()) {
      question.put("at", at);
    }
    HttpResponse<String> answer = api("check", question.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /**
   * A name is there exactly if one of its ports is open, or would be after asking. What becomes due
   * between the two questions, as an age does, is no difference between them.
   */
  private void resolveAgrees(BareDevice device, String host) throws Exception {
    boolean before = isOpenSomewhere(device, host);
    boolean told = resolve(device, host).getPermitted();
    boolean after = isOpenSomewhere(device, host);
    if (before == after) {
      assertThat(told).as("seed %d, %s", seed, host).isEqualTo(before);
    }
  }

  private boolean isOpenSomewhere(BareDevice device, String host) throws Exception {
    boolean open = false;
    for (int port = RandomPolicies.PORT_LOW; port <= RandomPolicies.PORT_HIGH; port++) {
      open |= !check(device, host, port).path("outcome").asText().equals("deny");
    }
    return open;
  }

  /** True if it was let in. */
  private boolean openAgrees(Made made) throws Exception {
    String id = made.told().getDecisionId();
    await().atMost(PATIENCE).until(() -> api("decisions/" + id, "").statusCode() == 200);
    JsonNode live = JSON.readTree(api("decisions/" + id, "").body());
    JsonNode why = live.path("why");
    ObjectNode check =
        (ObjectNode) check(made.device(), made.host(), made.port(), live.path("at").asText());
    check.remove(List.of("policyVersion", "user", "device", "knownFacts"));
    assertThat(check).as("seed %d, decision %s", seed, id).isEqualTo(why);
    boolean allowed = why.path("outcome").asText().equals("allow");
    assertThat(made.told().getReason() == ReasonCode.LANE_UNKNOWN)
        .as("permitted, and sent for a lane")
        .isEqualTo(allowed);
    return allowed;
  }
}
