package org.postern.broker.administrators;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.bootstrap.Foundation;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.AdministratorAttempts;
import org.postern.policystore.jdbc.AdministratorCredentials;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators;
import org.postern.policystore.jdbc.ProviderAdministrators;

/** Signing in by password, its limits and its refusals, by a clock of the test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SignInTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PASSWORD = "violin teapot gravel onion";
  private static final String ORIGIN = "https://broker.example.com";

  @TempDir private static Path folder;
  private Foundation ground;
  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private long nanos;
  private final List<AuditEvent> log = new ArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private Administrators accounts;
  private AdminTokens tokens;
  private AdministratorCredentials credentials;
  private List<Route> routes;
  private TestTotp totp;

  @BeforeAll
  void start() throws Exception {
    ground =
        Foundation.lay(
            new FoundationSettings(
                folder.resolve("data"),
                Path.of("target/postgres-programs"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "postern.internal",
                Duration.ofSeconds(60),
                Map.of()),
            () -> now);
    var source = ground.dataSource();
    AdministratorLimits limits = AdministratorLimits.DEFAULT;
    accounts = new Administrators(source, random, () -> now);
    tokens = new AdminTokens(source, random, () -> now);
    credentials = new AdministratorCredentials(source, random, () -> now);
    AdministratorStores stores =
        new AdministratorStores(
            accounts,
            new ProviderAdministrators(source, random, () -> now),
            credentials,
            new AdministratorSessions(source, random, () -> now, limits.sessionIdle()),
            new AdministratorAttempts(source, () -> now, random, limits.delays()),
            new Sealer(ground.sealingKey()),
            log::addAll);
    routes =
        new AdministratorDoor(
                stores,
                limits,
                URI.create(ORIGIN),
                List::of,
                random,
                () -> now,
                () -> nanos,
                () -> {})
            .routes();
    setUp();
  }

  private record Sealer(org.postern.identity.SealingKey key) implements SecretSealer {
    @Override
    public byte[] seal(byte[] plain, String context) {
      return key.seal(context, plain);
    }

    @Override
    public byte[] open(byte[] sealed, String context) {
      try {
        return key.open(context, sealed);
      } catch (org.postern.identity.IdentityException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @AfterAll
  void stop() {
    ground.close();
  }

  private void setUp() throws Exception {
    FirstAdministrator first =
        new FirstAdministrator(
            accounts, folder.resolve("data"), Duration.ofHours(24), random, () -> now);
    String code = first.offer("b-1").orElseThrow().text();
    JsonNode begun = json(post("/setup", Map.of("code", code, "name", "alice"), Map.of()));
    totp = TestTotp.ofText(begun.path("totp").path("secret").asText());
    Map<String, String> choice =
        Map.of(
            "state",
            begun.path("state").asText(),
            "password",
            PASSWORD,
            "code",
            totp.code(() -> now, 0));
    assertThat(post("/setup/password", choice, Map.of()).status()).isEqualTo(200);
    assertThat(post("/setup/password", choice, Map.of()).status())
        .as("the code was used")
        .isEqualTo(403);
    assertThat(first.offer("b-1")).as("there is a first administrator").isEmpty();
  }

  private static JsonNode json(Reply reply) throws Exception {
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return JSON.readTree(reply.body());
  }

  private Reply post(String path, Map<String, ?> body, Map<String, String> more) throws Exception {
    return raw(path, JSON.writeValueAsBytes(body), more);
  }

  /** {@code more}: headers; {@code from} is the peer's address. */
  private Reply raw(String path, byte[] body, Map<String, String> more) throws Exception {
    nanos += Duration.ofMinutes(1).toNanos();
    Map<String, String> headers = new HashMap<>(more);
    String from = headers.containsKey("from") ? headers.remove("from") : "198.51.100.7";
    headers.putIfAbsent("origin", ORIGIN);
    headers.put("content-type", "application/json");
    Head head =
        new Head(
            "POST",
            AdministratorDoor.PAGE + path,
            Map.of(),
            Map.of(),
            headers,
            InetAddress.getByName(from));
    Route route =
        routes.stream()
            .filter(each ->
                each.method().equals("POST") && each.path().equals(AdministratorDoor.PAGE + path))
            .findFirst()
            .orElseThrow();
    Optional<Reply> refusal = route.gate().refuse(head);
    return refusal.isPresent() ? refusal.get() : route.endpoint().answer(head, body);
  }

  private Reply signIn(String name, String password, String from, String cookie) throws Exception {
    now = now.plusSeconds(30);
    return post(
        "/password",
        Map.of("name", name, "password", password, "code", totp.code(() -> now, 0)),
        Map.of("from", from, "cookie", cookie));
  }

  @Test
  void unknownNameAndWrongPasswordAndReplayedCodeGetTheSameAnswer() throws Exception {
    Reply unknown = signIn("nobody", PASSWORD, "203.0.113.1", "");
    Reply wrong = signIn("alice", "not this one at all", "203.0.113.65", "");
    Reply right = signIn("alice", PASSWORD, "192.0.2.9", "");
    Reply replayed =
        post(
            "/password",
            Map.of("name", "alice", "password", PASSWORD, "code", totp.code(() -> now, 0)),
            Map.of("from", "192.0.2.9"));
    assertThat(right.status()).isEqualTo(200);
    assertThat(right.cookies().getFirst())
        .startsWith("__Host-postern-admin=")
        .contains("Path=/; Secure; HttpOnly; SameSite=Strict");
    assertThat(unknown.status()).isEqualTo(401);
    assertThat(wrong.body()).isEqualTo(unknown.body());
    assertThat(replayed.body()).isEqualTo(unknown.body());
    assertThat(log.stream().map(AuditEvent::detail).toList())
        .contains("unknown name", "wrong password", "this code was seen before");
    assertThat(log.toString()).doesNotContain(PASSWORD, "nobody", "not this one");
  }

  @Test
  void guessingDelaysTheGuessersNetworkAndNobodyElse() throws Exception {
    String mark = credentials.markDevice(accounts.find("alice").orElseThrow().id(), 20);
    Reply last = signIn("alice", "wrong wrong wrong", "203.0.113.200", "");
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      last = signIn("alice", "wrong wrong wrong", "203.0.113." + i, "");
      if (last.status() == 429) {
        waits.add(JSON.readTree(last.body()).path("retryAfter").asLong());
      }
    }
    assertThat(last.status()).as("the whole network waits").isEqualTo(429);
    assertThat(waits).isNotEmpty();
    assertThat(last.headers()).containsKey("Retry-After");
    String cookie = BrowserSessions.DEVICE_COOKIE + "=" + mark;
    assertThat(signIn("alice", PASSWORD, "203.0.113.5", cookie).status())
        .as("a known browser in the guesser's own network")
        .isEqualTo(200);
    assertThat(signIn("alice", PASSWORD, "192.0.2.80", "").status())
        .as("an unknown browser elsewhere")
        .isEqualTo(200);
    now = now.plus(Duration.ofMinutes(16));
    assertThat(signIn("alice", PASSWORD, "203.0.113.5", "").status())
        .as("after the longest delay")
        .isEqualTo(200);
  }

  @Test
  void sessionsEndWhenIdleWhenOldAndWhenSignedOut() throws Exception {
    String session = cookie(signIn("alice", PASSWORD, "192.0.2.20", ""));
    assertThat(out(session, "wrong token").status()).isEqualTo(403);
    assertThat(out(session, csrf(session)).status()).isEqualTo(200);
    assertThat(out(session, csrf(session)).status()).isEqualTo(401);

    String idle = cookie(signIn("alice", PASSWORD, "192.0.2.20", ""));
    now = now.plus(Duration.ofMinutes(31));
    assertThat(out(idle, csrf(idle)).status()).isEqualTo(401);
    assertThat(out(idle, csrf(idle)).body())
        .contains("You were signed out: nothing was done in it for a while");

    String old = cookie(signIn("alice", PASSWORD, "192.0.2.20", ""));
    String token = csrf(old);
    for (int i = 0; i < 12 * 3 + 1; i++) {
      now = now.plus(Duration.ofMinutes(20));
      post("/command-line", Map.of(), Map.of("cookie", old, "x-postern-csrf", token));
    }
    assertThat(out(old, token).status()).as("busy, but twelve hours old").isEqualTo(401);
  }

  private static String cookie(Reply reply) {
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return String.join("", reply.cookies()).replaceFirst(";.*", "");
  }

  private static String csrf(String cookie) throws Exception {
    return BrowserSessions.csrf(
        new Head(
            "GET",
            "/",
            Map.of(),
            Map.of(),
            Map.of("cookie", cookie),
            InetAddress.getLoopbackAddress()));
  }

  private Reply out(String cookie, String csrf) throws Exception {
    return post("/out", Map.of(), Map.of("cookie", cookie, "x-postern-csrf", csrf));
  }

  @Test
  void otherPagesAreRefusedBeforeTheirBodyIsRead() throws Exception {
    Reply elsewhere = post("/password", Map.of(), Map.of("origin", "https://evil.example.com"));
    assertThat(elsewhere.status()).isEqualTo(403);
    assertThat(elsewhere.body()).contains("wrong-origin");
  }

  @Test
  void commandLineCodesWorkOnceAndOnlyWithTheirVerifier() throws Exception {
    String session = cookie(signIn("alice", PASSWORD, "192.0.2.30", ""));
    String verifier = "v".repeat(43);
    String challenge =
        java.util.Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                java.security.MessageDigest.getInstance("SHA-256")
                    .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    Map<String, String> ask = new LinkedHashMap<>();
    ask.put("redirectUri", "http://127.0.0.1:4711/callback");
    ask.put("state", "state-state");
    ask.put("codeChallenge", challenge);
    Map<String, String> cookies = Map.of("cookie", session, "x-postern-csrf", csrf(session));
    String location = json(post("/command-line", ask, cookies)).path("location").asText();
    String code = location.replaceFirst(".*code=([^&]*).*", "$1");
    Map<String, String> redeem = Map.of("code", code, "code_verifier", verifier);
    String token = json(post("/token", redeem, Map.of())).path("token").asText();
    assertThat(tokens.verify(token).map(AdminTokens.Verified::name)).contains("alice");
    assertThat(post("/token", redeem, Map.of()).status()).as("used").isEqualTo(403);
    String second =
        json(post("/command-line", ask, cookies))
            .path("location")
            .asText()
            .replaceFirst(".*code=([^&]*).*", "$1");
    assertThat(
            post("/token", Map.of("code", second, "code_verifier", "w".repeat(43)), Map.of())
                .status())
        .isEqualTo(403);
    assertThat(post("/token", Map.of("code", second, "code_verifier", verifier), Map.of()).status())
        .as("one try")
        .isEqualTo(403);
    ask.put("redirectUri", "https://evil.example.com/callback");
    assertThat(post("/command-line", ask, cookies).status()).isEqualTo(400);
    post("/session/end", Map.of("others", true), cookies);
    assertThat(tokens.verify(token).map(AdminTokens.Verified::name))
        .as("the token ends with its session")
        .isEmpty();
  }

  @Test
  void lastOwnerStays() {
    assertThat(accounts.disable(accounts.find("alice").orElseThrow().id()))
        .isEqualTo(Administrators.Change.LAST_OWNER);
  }

  @Test
  void strangersBytesNeverBecomeOurFault() throws Exception {
    long seed = System.identityHashCode(this);
    Random bytes = new Random(seed);
    JsonNode begun = json(post("/passkey", Map.of(), Map.of()));
    String state = begun.path("state").asText();
    String valid =
        """
        {"state":"%s","credential":{"id":"AAAA","rawId":"AAAA","type":"public-key",\
        "clientExtensionResults":{},"response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0",\
        "authenticatorData":"SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA","signature":"AAAA",\
        "attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViU","userHandle":null}}}\
        """
            .formatted(state);
    for (int i = 0; i < 1_500; i++) {
      byte[] body = valid.getBytes(StandardCharsets.UTF_8);
      for (int j = bytes.nextInt(6); j >= 0; j--) {
        body[bytes.nextInt(body.length)] = (byte) bytes.nextInt(128);
      }
      for (String path : List.of("/passkey/finish", "/setup/passkey", "/setup", "/token")) {
        Reply reply = raw(path, body, Map.of());
        assertThat(reply.status()).as("seed %d, case %d, %s", seed, i, path).isBetween(400, 499);
      }
    }
  }
}
