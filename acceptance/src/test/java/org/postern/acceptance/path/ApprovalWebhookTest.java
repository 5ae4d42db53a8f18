package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.broker.WebhookSettings;
import org.postern.broker.clientside.ClientSide;
import org.postern.tunnel.message.AccessRequest;
import org.postern.tunnel.message.AccessWish;

/** A service that is told of requests for access, and answers them well, badly, late or never. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApprovalWebhookTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SECRET = "s".repeat(32);
  private static final String PAYMENTS = "payments.corp.internal";

  @TempDir private static Path folder;
  private final Queue<Told> told = new ConcurrentLinkedQueue<>();
  private final Queue<Behaviour> script = new ConcurrentLinkedQueue<>();
  private final AtomicInteger lured = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private EchoApplication echo;
  private HttpServer receiver;
  private WholeBroker all;

  /** What the receiver was sent. */
  private record Told(String timestamp, String signature, String body) {
    boolean isSignedWith(String secret) throws Exception {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] right = mac.doFinal((timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
      return MessageDigest.isEqual(
          right, HexFormat.of().parseHex(signature.substring("sha256=".length())));
    }
  }

  /** One answer of the receiver. */
  private interface Behaviour {
    void on(HttpExchange exchange) throws Exception;
  }

  @BeforeEach
  void forget() {
    told.clear();
    script.clear();
  }

  @BeforeAll
  void start() throws Exception {
    echo = new EchoApplication();
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    receiver.createContext("/hook", this::hear);
    receiver.createContext(
        "/lure",
        exchange -> {
          lured.incrementAndGet();
          answer(exchange, 200, "{\"decision\": \"approve\"}");
        });
    receiver.start();
    all =
        new WholeBroker(
            folder.resolve("broker"),
            Path.of("target/postgres-programs"),
            new ClientSide.Time(Clock.systemUTC(), System::nanoTime),
            Set.of(),
            Optional.empty(),
            settings ->
                settings.telling(
                    new WebhookSettings(at("/hook"), SECRET, Duration.ofSeconds(4), true)));
    Path file = Files.writeString(folder.resolve("policy.yaml"), policy());
    WholeBroker.Outcome applied = all.admin("apply", "-f", file.toString());
    assertThat(applied.code()).as(applied.err()).isZero();
    all.connector("vpc-a", Map.of(PAYMENTS, List.of(InetAddress.getLoopbackAddress())));
  }

  @AfterAll
  void stop() throws Exception {
    over.countDown();
    all.close();
    receiver.stop(0);
    echo.close();
  }

  private URI at(String path) {
    return URI.create("http://127.0.0.1:" + receiver.getAddress().getPort() + path);
  }

  private void hear(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    told.add(
        new Told(
            exchange.getRequestHeaders().getFirst("Postern-Timestamp"),
            exchange.getRequestHeaders().getFirst("Postern-Signature"),
            body));
    Behaviour next = script.poll();
    try {
      (next == null ? says(202, "") : next).on(exchange);
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static Behaviour says(int status, String body) {
    return exchange -> answer(exchange, status, body);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String policy() {
    return """
    version: 1
    domains: [corp.internal]
    connectorGroups: [{name: vpc-a}]
    applications:
      - {name: payments, hosts: [payments.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
         allowLoopback: true}
    rules:
      - {name: by-word, action: require-approval, applications: [payments], anyone: true}
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

  private WholeBroker.Device asking(String name) throws Exception {
    WholeBroker.Device device = all.device(name);
    await().atMost(PATIENCE).until(() -> device.status().linked());
    AccessWish.Builder wish =
        AccessWish.newBuilder()
            .setHost(PAYMENTS)
            .setPort(echo.port())
            .setReason("ticket 77")
            .setSeconds(7_200);
    on(device, () -> device.tunnel().questions().wish(wish));
    return device;
  }

  /** Not all too often, for a device may not ask all the time. */
  private static AccessRequest request(
      WholeBroker.Device device, Predicate<AccessRequest> expected) {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .until(
            () ->
                on(device, () -> device.tunnel().questions().requests()).getRequestsList().stream()
                    .filter(expected)
                    .toList(),
            found -> !found.isEmpty())
        .getFirst();
  }

  private static AccessRequest in(AccessRequest.State state, WholeBroker.Device device) {
    return request(device, found -> found.getState() == state);
  }

  /** What the log says of one request, the oldest first. */
  private List<String> log(String id) throws IOException {
    List<String> lines = new ArrayList<>();
    for (JsonNode each : all.adminJson("audit", "list", "--limit", "1000").path("items")) {
      if (each.toString().contains(id)) {
        lines.addFirst(each.path("action").asText() + " " + each.path("outcome").asText());
      }
    }
    return lines;
  }

  @Test
  void approvalOfTheWebhookOpensTheFlowAfterWhatFailedAndIsSigned() throws Exception {
    script.add(says(500, "no"));
    script.add(exchange -> over.await());
    script.add(says(200, "{\"decision\": \"approve\", \"seconds\": 1}"));
    script.add(says(200, "{\"decision\": \"approve\", \"seconds\": 600, \"note\": \"on call\"}"));
    WholeBroker.Device alice = asking("alice");
    AccessRequest approved = in(AccessRequest.State.STATE_APPROVED, alice);
    await().atMost(PATIENCE).until(() -> alice.connect(PAYMENTS, echo.port()).open());
    assertThat(approved.getText()).isEqualTo("on call");
    assertThat(told).hasSize(4);
    for (Told each : told) {
      assertThat(each.isSignedWith(SECRET)).isTrue();
      assertThat(each.isSignedWith("t".repeat(32))).isFalse();
      JsonNode body = JSON.readTree(each.body());
      assertThat(body.path("id").asText()).isEqualTo(approved.getId());
      assertThat(body.path("user").asText()).isEqualTo("alice@example.com");
      assertThat(body.path("application").asText()).isEqualTo("payments");
      assertThat(body.path("reason").asText()).isEqualTo("ticket 77");
      assertThat(body.path("seconds").asInt()).isEqualTo(7_200);
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(log(approved.getId()))
                .containsSubsequence(
                    "approval.ask done",
                    "approval.tell failed",
                    "approval.tell failed",
                    "approval.tell failed",
                    "approval.tell done",
                    "approval.approve done"));
    assertThat(all.admin("audit", "verify").code()).isZero();
  }

  @Test
  void refusalIsReadByThePersonAndRedirectsLeadNowhere() throws Exception {
    script.add(exchange -> {
      exchange.getResponseHeaders().set("Location", at("/lure").toString());
      answer(exchange, 302, "");
    });
    script.add(says(200, "{\"decision\": \"refuse\", \"note\": \"not this week\"}"));
    WholeBroker.Device bob = asking("bob");
    AccessRequest refused = in(AccessRequest.State.STATE_REFUSED, bob);
    assertThat(refused.getText()).isEqualTo("not this week");
    assertThat(lured).hasValue(0);
    assertThat(bob.connect(PAYMENTS, echo.port()).open()).isFalse();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(log(refused.getId()))
                .containsSubsequence("approval.tell done", "approval.refuse done"));
  }

  @Test
  void answerThatComesLaterComesThroughTheApiAndTheWebhookIsToldOnce() throws Exception {
    WholeBroker.Device carol = asking("carol");
    String id = in(AccessRequest.State.STATE_WAITING, carol).getId();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(log(id)).contains("approval.tell done"));
    WholeBroker.Outcome approved = all.admin("approval", "approve", id, "--for", "10m");
    assertThat(approved.code()).as(approved.err()).isZero();
    await().atMost(PATIENCE).until(() -> carol.connect(PAYMENTS, echo.port()).open());
    assertThat(told).hasSize(1);
  }
}
