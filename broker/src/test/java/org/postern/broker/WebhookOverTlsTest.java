package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The approval webhook over HTTPS with a chain of certificates: whoever cannot prove to be it
 * learns nothing and approves nothing; and its answers through the API.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WebhookOverTlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration VALID = Duration.ofDays(30);
  private static final String SECRET = "s".repeat(32);

  @TempDir private static Path dataDir;
  private final ShownCertificates shown = new ShownCertificates();
  private final Queue<String> tellings = new ConcurrentLinkedQueue<>();
  private final Queue<String> answers = new ConcurrentLinkedQueue<>();
  private HttpsServer receiver;
  private TwoTeams teams;
  private X509Bundle right;
  private final List<X509Bundle> wrong = new ArrayList<>();

  private static CertificateBuilder certificate(String name, Instant notAfter) {
    return new CertificateBuilder()
        .ecp256()
        .subject("CN=" + name)
        .notBefore(notAfter.minus(VALID.multipliedBy(2)))
        .notAfter(notAfter);
  }

  private static X509Bundle authority(String name, Optional<X509Bundle> issuer) throws Exception {
    CertificateBuilder builder =
        certificate(name, Instant.now().plus(VALID))
            .setIsCertificateAuthority(true)
            .setKeyUsage(
                true,
                CertificateBuilder.KeyUsage.keyCertSign,
                CertificateBuilder.KeyUsage.digitalSignature);
    return issuer.isPresent() ? builder.buildIssuedBy(issuer.get()) : builder.buildSelfSigned();
  }

  private static X509Bundle server(String name, Instant notAfter, X509Bundle issuer)
      throws Exception {
    return certificate(name, notAfter)
        .addSanDnsName(name)
        .addExtendedKeyUsageServerAuth()
        .buildIssuedBy(issuer);
  }

  @BeforeAll
  void start() throws Exception {
    X509Bundle root = authority("Approvals Root", Optional.empty());
    X509Bundle issuing = authority("Approvals Issuing", Optional.of(root));
    Instant later = Instant.now().plus(VALID);
    right = server("localhost", later, issuing);
    wrong.add(server("localhost", later, authority("Approvals Root", Optional.empty())));
    wrong.add(server("approvals.example.com", later, issuing));
    wrong.add(server("localhost", Instant.now().minusSeconds(60), issuing));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {shown}, null, null);
    receiver = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setHttpsConfigurator(new HttpsConfigurator(context));
    receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    receiver.createContext("/hook", this::hear);
    receiver.start();
    Path trust = Files.writeString(dataDir.resolve("issuers.pem"), root.getCertificatePEM());
    URI hook = URI.create("https://localhost:" + receiver.getAddress().getPort() + "/hook");
    teams =
        new TwoTeams(
            dataDir,
            BrokerUnderTest.settings(dataDir, Optional.empty(), Set.of(), Optional.of(trust))
                .telling(new WebhookSettings(hook, SECRET, Duration.ofSeconds(20), true)));
  }

  @AfterAll
  void stop() {
    teams.close();
    receiver.stop(0);
  }

  private void hear(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    tellings.add(exchange.getRequestHeaders().getFirst("Postern-Request-Id"));
    String answer = answers.poll();
    byte[] bytes = (answer == null ? "" : answer).getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer == null ? 202 : 200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private List<JsonNode> log(String request) throws Exception {
    List<JsonNode> entries = new ArrayList<>();
    JsonNode items =
        teams
            .owner
            .call("GET", "/admin/v1/audit?limit=1000&object_name=" + request, "")
            .json()
            .path("items");
    items.forEach(entries::addFirst);
    return entries;
  }

  private static List<JsonNode> of(List<JsonNode> log, String action, String outcome) {
    return log.stream()
        .filter(each -> each.path("action").asText().equals(action))
        .filter(each -> each.path("outcome").asText().equals(outcome))
        .toList();
  }

  @Test
  void nobodyButTheHolderOfAGoodChainIsToldAndApproves() throws Exception {
    wrong.forEach(shown::then);
    shown.then(right);
    answers.add("{\"decision\":\"approve\",\"seconds\":600,\"note\":\"on call\"}");
    String request = teams.ask("wiki");
    await().atMost(PATIENCE).until(() -> !of(log(request), "approval.approve", "done").isEmpty());
    List<JsonNode> log = log(request);
    assertThat(of(log, "approval.tell", "failed")).hasSize(wrong.size());
    String telling = request + "." + (wrong.size() + 1);
    assertThat(tellings).as("requests that were read").containsExactly(telling);
    JsonNode approved = of(log, "approval.approve", "done").getFirst();
    assertThat(approved.path("override").asText()).isEqualTo("access-approved");
    assertThat(approved.path("actor").asText()).isEqualTo("approval webhook");
    assertThat(approved.path("requestId").asText()).isEqualTo(telling);
    assertThat(approved.path("from").asText()).isEqualTo("localhost");
    assertThat(approved.path("before").path("state").asText()).isEqualTo("waiting");
    assertThat(approved.path("after").path("state").asText()).isEqualTo("approved");
    assertThat(approved.path("after").path("userId").asText()).isEqualTo(teams.user);
    assertThat(approved.path("after").path("application").asText()).isEqualTo("wiki");
    assertThat(approved.path("after").path("note").asText()).isEqualTo("on call");
    tellings.clear();
    answers.add("{\"decision\":\"refuse\",\"note\":\"not now\"}");
    String other = teams.ask("plain");
    await().atMost(PATIENCE).until(() -> !of(log(other), "approval.refuse", "done").isEmpty());
    JsonNode refused = of(log(other), "approval.refuse", "done").getFirst();
    assertThat(refused.path("override").asText()).isEqualTo("access-refused");
    assertThat(refused.path("before").path("state").asText()).isEqualTo("waiting");
    assertThat(refused.path("after").path("state").asText()).isEqualTo("refused");
    tellings.clear();
    laterIsAnsweredByAProgramThatMayAnswerThisAndNothingElse();
  }

  /** The receiver says 202, and comes back with credentials of its own. */
  private void laterIsAnsweredByAProgramThatMayAnswerThisAndNothingElse() throws Exception {
    String request = teams.ask("zz-others-app");
    await().atMost(PATIENCE).until(() -> !of(log(request), "approval.tell", "done").isEmpty());
    String approve = "/admin/v1/access-requests/" + request + "/approve";
    teams.role("blue-approver", "\"approvals:*\"", "team=blue");
    teams.role("red-approver", "\"approvals:*\"", "team=red");
    AdminCaller reader = teams.scoped("approver", "approvals:read");
    assertThat(reader.call("POST", approve, "{}").status()).isEqualTo(403);
    AdminCaller blue = teams.scoped("blue-approver", "approvals:approve");
    assertThat(blue.call("POST", approve, "{}").status()).isEqualTo(404);
    AdminCaller red = teams.scoped("red-approver", "approvals:approve");
    assertThat(red.call("GET", "/admin/v1/access-requests", "").status()).isEqualTo(403);
    AdminCaller.Answer given = red.call("POST", approve, "{\"seconds\":600}");
    assertThat(given.status()).as(given.body()).isEqualTo(200);
    assertThat(given.json().path("approvedBy").asText()).isEqualTo("red-approver-client");
  }
}
