package org.postern.acceptance.ground.provider;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * A real Keycloak on loopback: unpacked and built once, started once for a suite. Blocking; any
 * thread.
 */
public final class Keycloak implements AutoCloseable {
  private static final Path PEERS = peers();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRANSMITTER = "--spi-ssf-transmitter--default--";
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final URI address;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  private Keycloak(URI address, Process process) {
    this.address = address;
    this.process = process;
  }

  /** The build puts the distribution beside the classes. */
  private static Path peers() {
    try {
      return Path.of(Keycloak.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling("peers");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Starts it on any free port.
   *
   * @param trust certificates that it believes when it calls somebody
   */
  public static Keycloak start(Path trust, Path log) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    return start(trust, log, port, "-Xms64m -Xmx320m");
  }

  /**
   * Starts it.
   *
   * @param heap options of its JVM for the heap
   */
  public static Keycloak start(Path trust, Path log, int port, String heap) throws Exception {
    return start(trust, log, port, heap, List.of());
  }

  /** A port that speaks TLS as well, with a certificate and its key (PEM). */
  public record Secure(int port, Path certificate, Path key) {
    private List<String> options() {
      return List.of(
          "--https-port=" + port,
          "--https-certificate-file=" + certificate.toAbsolutePath(),
          "--https-certificate-key-file=" + key.toAbsolutePath());
    }
  }

  /** The same with TLS besides. */
  public static Keycloak start(Path trust, Path log, int port, String heap, Secure secure)
      throws Exception {
    return start(trust, log, port, heap, secure.options());
  }

  private static Keycloak start(Path trust, Path log, int port, String heap, List<String> more)
      throws Exception {
    Path home = built();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "start",
                "--optimized",
                "--http-enabled=true",
                "--http-host=127.0.0.1",
                "--http-port=" + port,
                "--hostname-strict=false",
                "--truststore-paths=" + trust.toAbsolutePath(),
                TRANSMITTER + "allow-insecure-push-targets=true",
                TRANSMITTER + "default-subjects=ALL",
                TRANSMITTER + "outbox-drainer-interval=1s"));
    arguments.addAll(more);
    ProcessBuilder builder = command(home, arguments.toArray(String[]::new));
    builder.environment().put("KC_BOOTSTRAP_ADMIN_USERNAME", "admin");
    builder.environment().put("KC_BOOTSTRAP_ADMIN_PASSWORD", "admin");
    builder.environment().put("JAVA_OPTS_KC_HEAP", heap);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    Keycloak keycloak = new Keycloak(URI.create("http://127.0.0.1:" + port), builder.start());
    long limit = System.nanoTime() + PATIENCE.toNanos();
    while (!keycloak.answers()) {
      if (System.nanoTime() > limit || !keycloak.process.isAlive()) {
        keycloak.close();
        throw new IOException("Keycloak does not answer; its log is " + log);
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
    return keycloak;
  }

  private boolean answers() throws InterruptedException {
    try {
      return get("/realms/master").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where it is. */
  public URI address() {
    return address;
  }

  private static ProcessBuilder command(Path home, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = home.resolve("bin/kc.sh").toAbsolutePath().toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx320m");
    return builder;
  }

  private static Path built() throws Exception {
    Path home;
    try (Stream<Path> there = Files.list(PEERS)) {
      home =
          there
              .filter(each -> Files.isDirectory(each) && name(each).startsWith("keycloak-"))
              .findFirst()
              .orElse(null);
    }
    if (home == null) {
      home = unpack();
    }
    Path mark = home.resolve("built-with-signals");
    if (!Files.exists(mark)) {
      Process build =
          command(home, "build", "--cache=local", "--db=dev-mem", "--features=ssf")
              .redirectErrorStream(true)
              .redirectOutput(PEERS.resolve("keycloak-build.log").toFile())
              .start();
      if (!build.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || build.exitValue() != 0) {
        throw new IllegalStateException("kc.sh build failed: see target/peers");
      }
      Files.createFile(mark);
    }
    return home;
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  private static Path unpack() throws IOException {
    Path zip;
    try (Stream<Path> there = Files.list(PEERS)) {
      zip = there.filter(each -> name(each).endsWith(".zip")).findFirst().orElseThrow();
    }
    String top = "";
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        Path to = PEERS.resolve(entry.getName()).normalize();
        top = entry.getName().substring(0, entry.getName().indexOf('/'));
        if (entry.isDirectory()) {
          Files.createDirectories(to);
        } else {
          Files.createDirectories(to.getParent());
          Files.copy(entries, to);
          if (name(to).endsWith(".sh") && !to.toFile().setExecutable(true)) {
            throw new IOException("cannot make executable: " + to);
          }
        }
      }
    }
    return PEERS.resolve(top);
  }

  /** What is at a path. */
  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(address.resolve(path)).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Asks the admin API, as its administrator. */
  public HttpResponse<String> admin(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> token =
        http.send(
            HttpRequest.newBuilder(address.resolve("/realms/master/protocol/openid-connect/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "grant_type=password&client_id=admin-cli&username=admin&password=admin"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return http.send(
        HttpRequest.newBuilder(address.resolve("/admin/realms" + path))
            .header(
                "Authorization",
                "Bearer " + JSON.readTree(token.body()).path("access_token").asText())
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** What Keycloak calls a person. */
  public String id(String realm, String user) throws IOException, InterruptedException {
    return JSON.readTree(admin("GET", "/" + realm + "/users?username=" + user, "").body())
        .get(0)
        .path("id")
        .asText();
  }

  /** Lets a client of the realm have its events pushed. */
  public void pushSignals(String realm, String client, URI to, String token) throws Exception {
    HttpResponse<String> made =
        admin(
            "POST",
            "/" + realm + "/ssf/clients/" + client + "/stream",
            JSON.writeValueAsString(
                Map.of(
                    "delivery",
                    Map.of(
                        "method",
                        "urn:ietf:rfc:8935",
                        "endpoint_url",
                        to.toString(),
                        "authorization_header",
                        "Bearer " + token))));
    if (made.statusCode() != 201) {
      throw new IllegalStateException("stream: " + made.statusCode() + " " + made.body());
    }
  }

  /** Where a client is told of sign-outs directly; empty: nowhere. */
  public void backChannel(String realm, String client, String url) throws Exception {
    JsonNode known =
        JSON.readTree(admin("GET", "/" + realm + "/clients?clientId=" + client, "").body()).get(0);
    ((com.fasterxml.jackson.databind.node.ObjectNode) known.path("attributes"))
        .put("backchannel.logout.url", url);
    HttpResponse<String> changed =
        admin(
            "PUT",
            "/" + realm + "/clients/" + known.path("id").asText(),
            JSON.writeValueAsString(known));
    if (changed.statusCode() != 204) {
      throw new IllegalStateException("client: " + changed.statusCode() + " " + changed.body());
    }
  }

  /**
   * Makes the realm's ID tokens for a client say something else.
   *
   * @return what takes it back, for {@link #removeMapper}
   */
  public String addMapper(String realm, String client, String claim, String value)
      throws Exception {
    JsonNode known =
        JSON.readTree(admin("GET", "/" + realm + "/clients?clientId=" + client, "").body()).get(0);
    String mappers =
        "/" + realm + "/clients/" + known.path("id").asText() + "/protocol-mappers/models";
    HttpResponse<String> made =
        admin(
            "POST",
            mappers,
            JSON.writeValueAsString(
                Map.of(
                    "name",
                    claim,
                    "protocol",
                    "openid-connect",
                    "protocolMapper",
                    "oidc-hardcoded-claim-mapper",
                    "config",
                    Map.of(
                        "claim.name", claim,
                        "claim.value", value,
                        "jsonType.label", "String",
                        "id.token.claim", "true",
                        "access.token.claim", "false"))));
    URI place = made.headers().firstValue("Location").map(URI::create).orElse(null);
    if (made.statusCode() != 201 || place == null) {
      throw new IllegalStateException("mapper: " + made.statusCode() + " " + made.body());
    }
    return mappers + "/" + Path.of(place.getPath()).getFileName();
  }

  /** Takes back what {@link #addMapper} did. */
  public void removeMapper(String mapper) throws IOException, InterruptedException {
    admin("DELETE", mapper, "");
  }

  /** Adds a signing key that is used from now on; the old one stays published. */
  public void rotateKey(String realm) throws Exception {
    JsonNode made = JSON.readTree(admin("GET", "/" + realm, "").body());
    HttpResponse<String> answer =
        admin(
            "POST",
            "/" + realm + "/components",
            JSON.writeValueAsString(
                Map.of(
                    "name", "rotated",
                    "providerId", "rsa-generated",
                    "providerType", "org.keycloak.keys.KeyProvider",
                    "parentId", made.path("id").asText(),
                    "config",
                        Map.of(
                            "priority", new String[] {"500"},
                            "enabled", new String[] {"true"},
                            "active", new String[] {"true"},
                            "algorithm", new String[] {"RS256"},
                            "keySize", new String[] {"2048"}))));
    if (answer.statusCode() != 201) {
      throw new IllegalStateException("key: " + answer.statusCode() + " " + answer.body());
    }
  }

  @Override
  public void close() {
    http.close();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
