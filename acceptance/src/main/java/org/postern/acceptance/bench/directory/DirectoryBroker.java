package org.postern.acceptance.bench.directory;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.store.BenchDatabase;
import org.postern.acceptance.bench.subject.PosternCommand;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/**
 * A broker process with its own database, as an administrator and a provider see it. It can be
 * killed and started again in the same place.
 */
public final class DirectoryBroker {
  /** The provider that sends users and groups. */
  public static final String PROVIDER = "corp";

  /** Who is in this group reaches the host. */
  public static final String GROUP = "probed";

  static final String HOST = "door.bench.internal";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String POLICY =
      """
      version: 1
      domains: [bench.internal]
      connectorGroups: [{name: bench}]
      applications: [{name: door, hosts: [%s], tcp: [443], connectorGroups: [bench]}]
      groups: [{name: %s}]
      rules: [{name: probed-to-door, action: allow, applications: [door], groups: [%s]}]
      identityProviders: [{name: %s, issuer: "https://login.example.com", clientId: bench}]
      """
          .formatted(HOST, GROUP, GROUP, PROVIDER);

  private final BenchRun run;
  private final String flags;
  private final Path data;
  private final int port;
  private final HttpClient http;
  private final String administrator;
  private final String provider;
  private RunningProgram program;

  /**
   * Starts it and makes the policy and the provider's token.
   *
   * @param flags of its JVM; may be empty
   */
  public DirectoryBroker(BenchRun run, String flags) throws Exception {
    this.run = run;
    this.flags = flags;
    this.data = run.folder("directory").resolve("broker");
    this.port = BenchRun.freePort();
    this.program = launch();
    TrustBundle trust =
        TrustBundle.fromPem(
            new TrustDomain("unknown.invalid"), Files.readString(data.resolve("ca.pem")));
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(run.own(Executors.newVirtualThreadPerTaskExecutor()))
            .sslContext(WebTls.client(trust))
            .build();
    this.administrator = Files.readString(data.resolve("admin.token")).strip();
    good(send(admin("POST", "/admin/v1/apply", POLICY)));
    this.provider =
        good(send(
                admin(
                    "POST",
                    "/admin/v1/scim/tokens",
                    "{\"provider\":\"%s\",\"expiresSeconds\":0}".formatted(PROVIDER))))
            .path("token")
            .asText();
  }

  private RunningProgram launch() throws Exception {
    List<String> command =
        PosternCommand.of(
            "broker",
            "--data-dir",
            data.toString(),
            "--listen",
            "127.0.0.1:" + port,
            "--host",
            "127.0.0.1");
    command.add(1, "POSTERN_JAVA_OPTIONS=" + flags);
    return run.start(command).awaitOutput("broker is ready", PATIENCE);
  }

  /** SIGKILL to the broker, which cannot prepare for it. Its database notices and stops. */
  void kill() {
    program.process().destroyForcibly();
  }

  /** In the same place; returns when it takes requests. */
  void startAgain() throws Exception {
    program = launch();
  }

  /** Its database. */
  public BenchDatabase database() throws IOException {
    return BenchDatabase.embedded(data);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(60));
  }

  private HttpRequest admin(String method, String path, String body) {
    return request(path)
        .header("Authorization", "Bearer " + administrator)
        .header("Content-Type", path.endsWith("apply") ? "application/yaml" : "application/json")
        .method(method, HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  HttpResponse<String> scim(String method, String path, String body)
      throws IOException, InterruptedException {
    return send(
        request("/scim/v2/" + PROVIDER + path)
            .header("Authorization", "Bearer " + provider)
            .header("Content-Type", "application/scim+json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** Whether the broker lets that device reach the host now. */
  boolean permits(String device) throws IOException, InterruptedException {
    String question = "{\"host\":\"%s\",\"port\":443,\"device\":\"%s\"}".formatted(HOST, device);
    String answer = good(send(admin("POST", "/admin/v1/check", question))).path("outcome").asText();
    return answer.equals("allow");
  }

  /** The body of an answer that has to be a good one. */
  static JsonNode good(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body().isEmpty()
        ? new ObjectMapper().createObjectNode()
        : new ObjectMapper().readTree(answer.body());
  }

  /** For the memory of its JVM. */
  public List<Long> pids() {
    return program.pids();
  }
}
