package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.broker.TestTransmitter.CAEP;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that must not be believed, and doors that must not open. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HostileSignalsTest {
  private static final String TYPE = "secevent+jwt";
  private static final int FUZZED = 200;

  @TempDir private static Path folder;
  private SignalBed bed;
  private TestTransmitter transmitter;
  private SignalBed.SignedIn victim;

  @BeforeAll
  void start() throws Exception {
    bed = new SignalBed(folder.resolve("data"));
    transmitter = bed.transmitter;
    bed.token = bed.newStream(SignalBed.STREAM, "corp", "").path("token").asText();
    victim = bed.signIn("victim", "sid-v");
  }

  @AfterAll
  void stop() {
    bed.close();
  }

  private JWTClaimsSet.Builder good() {
    return transmitter.claims(CAEP + "session-revoked", transmitter.person("victim"), Map.of());
  }

  private static String raw(String header, String claims) {
    return Base64URL.encode(header) + "." + Base64URL.encode(claims) + ".";
  }

  private Map<String, String> hostile() throws Exception {
    RSAKey stranger = new RSAKeyGenerator(2048).keyID("events").generate();
    Instant now = Instant.now();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("not signed", raw("{\"alg\":\"none\",\"typ\":\"secevent+jwt\"}", claims()));
    all.put("a stranger's key", TestTransmitter.sign(good().build(), TYPE, stranger));
    all.put("an embedded key", embedded(stranger));
    all.put("our public key as a shared secret", confused());
    all.put("an ID token's type", TestTransmitter.sign(good().build(), "JWT", transmitter.key));
    all.put("a logout token", TestTransmitter.sign(good().build(), "logout+jwt", transmitter.key));
    all.put("another issuer", transmitter.sign(good().issuer("https://evil.example").build()));
    all.put("another audience", transmitter.sign(good().audience("https://else.example").build()));
    all.put("no audience", transmitter.sign(good().audience((String) null).build()));
    all.put(
        "stale", transmitter.sign(good().issueTime(Date.from(now.minusSeconds(691_200))).build()));
    all.put("future", transmitter.sign(good().issueTime(Date.from(now.plusSeconds(300))).build()));
    all.put("no iat", transmitter.sign(good().issueTime(null).build()));
    all.put(
        "an end", transmitter.sign(good().expirationTime(Date.from(now.plusSeconds(60))).build()));
    all.put("a subject of its own", transmitter.sign(good().subject("victim").build()));
    all.put("a nonce", transmitter.sign(good().claim("nonce", "n").build()));
    all.put("no id", transmitter.sign(good().jwtID(null).build()));
    all.put("a long id", transmitter.sign(good().jwtID("x".repeat(300)).build()));
    all.put("a zero in the id", transmitter.sign(good().jwtID("a\u0000b").build()));
    all.put("no event", transmitter.sign(good().claim("events", Map.of()).build()));
    all.put("a list of events", transmitter.sign(good().claim("events", List.of("x")).build()));
    all.put(
        "two events",
        transmitter.sign(
            good()
                .claim("events", Map.of(CAEP + "session-revoked", Map.of(), "b", Map.of()))
                .build()));
    all.put(
        "two subjects",
        transmitter.sign(
            good()
                .claim(
                    "events",
                    Map.of(
                        CAEP + "session-revoked",
                        Map.of("subject", transmitter.person("somebody"))))
                .build()));
    all.put(
        "a time that is none",
        transmitter.sign(
            good()
                .claim(
                    "events",
                    Map.of(CAEP + "session-revoked", Map.of("event_timestamp", "yesterday")))
                .build()));
    all.put("a token in a token", nested());
    all.put("one name twice", twice());
    all.put("nothing", " ");
    all.put("five parts", "a.b.c.d.e");
    return all;
  }

  private String twice() {
    String good = transmitter.sign(good().build());
    String[] parts = good.split("\\.", -1);
    String said = new String(new Base64URL(parts[1]).decode(), StandardCharsets.UTF_8);
    String doubled = said.replaceFirst("\\{", "{\"iss\":\"https://evil.example\",");
    return parts[0] + "." + Base64URL.encode(doubled) + "." + parts[2];
  }

  private String claims() {
    return good().build().toString();
  }

  private String embedded(RSAKey stranger) throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .type(new com.nimbusds.jose.JOSEObjectType(TYPE))
                .jwk(stranger.toPublicJWK())
                .build(),
            good().build());
    token.sign(new com.nimbusds.jose.crypto.RSASSASigner(stranger));
    return token.serialize();
  }

  private String confused() throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256)
                .keyID("events")
                .type(new com.nimbusds.jose.JOSEObjectType(TYPE))
                .build(),
            good().build());
    token.sign(new MACSigner(transmitter.key.toRSAPublicKey().getEncoded()));
    return token.serialize();
  }

  private String nested() {
    return transmitter.sign(
        new JWTClaimsSet.Builder().claim("jwt", transmitter.sign(good().build())).build());
  }

  @Test
  void noHostileTokenIsBelieved() throws Exception {
    for (Map.Entry<String, String> each : hostile().entrySet()) {
      HttpResponse<String> answer = bed.push(each.getValue());
      assertThat(answer.statusCode()).as("%s: %s", each.getKey(), answer.body()).isEqualTo(400);
      assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
      String code = BrokerUnderTest.JSON.readTree(answer.body()).path("err").asText();
      assertThat(code).as(each.getKey()).isEqualTo(expected(each.getKey()));
    }
    assertThat(bed.isLive(victim)).isTrue();
    assertThat(bed.push(transmitter.sign(good().build())).statusCode()).isEqualTo(202);
    assertThat(bed.isLive(victim)).isFalse();
    victim = bed.signIn("victim", "sid-v");
  }

  private static String expected(String what) {
    return switch (what) {
      case "not signed",
          "a stranger's key",
          "an embedded key",
          "our public key as a shared secret",
          "an ID token's type",
          "a logout token" ->
          "invalid_key";
      case "another issuer", "a token in a token" -> "invalid_issuer";
      case "another audience", "no audience" -> "invalid_audience";
      default -> "invalid_request";
    };
  }

  @Test
  void onlyTheStreamsOwnTokenOpensItsDoor() throws Exception {
    String other = bed.newStream("second", "corp", "").path("token").asText();
    String set = transmitter.sign(good().build());
    for (String shown :
        List.of(
            "Bearer " + other, "Bearer x", "Basic eDp5", "Bearer ", "Bearer " + "y".repeat(400))) {
      HttpResponse<String> answer =
          bed.push(SignalBed.STREAM, shown, "application/secevent+jwt", set);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("authentication_failed");
    }
    assertThat(bed.push("no-such", "Bearer " + bed.token, "application/secevent+jwt", set).body())
        .contains("authentication_failed");
    assertThat(bed.push(SignalBed.STREAM, "Bearer " + bed.token, "application/json", set).body())
        .contains("invalid_request");
    String before = bed.token;
    bed.token =
        BrokerUnderTest.JSON
            .readTree(
                bed.broker.admin("POST", "/admin/v1/signals/streams/corp-events/token", "").body())
            .path("token")
            .asText();
    assertThat(
            bed.push(SignalBed.STREAM, "Bearer " + before, "application/secevent+jwt", set).body())
        .contains("authentication_failed");
    assertThat(bed.isLive(victim)).isTrue();
  }

  @Test
  void tokenLargerThanTheDoorIsTurnedAway() throws Exception {
    String large = transmitter.sign(good().claim("filler", "x".repeat(49_000)).build());
    assertThat(bed.push(large).statusCode()).isEqualTo(413);
    String deep = "[".repeat(20_000) + "]".repeat(20_000);
    assertThat(bed.push(raw("{\"alg\":\"RS256\"}", "{\"events\":" + deep + "}")).statusCode())
        .isEqualTo(400);
  }

  @Test
  void brokenTokensAreRefusedAndNeverAFault() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] model = transmitter.sign(good().build()).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < FUZZED; i++) {
      byte[] bytes = model.clone();
      for (int j = 0; j <= random.nextInt(6); j++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      String body = new String(bytes, StandardCharsets.ISO_8859_1);
      int status = bed.push(body.substring(0, random.nextInt(bytes.length + 1))).statusCode();
      assertThat(status).as("seed %d, round %d", seed, i).isEqualTo(400);
    }
  }

  @Test
  void strangeEventsThatAreSignedAreNeverAFault() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < FUZZED; i++) {
      JWTClaimsSet.Builder claims =
          transmitter.claims(event(random), Map.of(), Map.of()).claim("sub_id", value(random, 0));
      claims.claim("events", Map.of(event(random), value(random, 0)));
      if (random.nextBoolean()) {
        claims.claim("toe", random.nextLong());
      }
      int status = bed.push(transmitter.sign(claims.build())).statusCode();
      assertThat(status).as("seed %d, round %d", seed, i).isIn(202, 400);
    }
    assertThat(bed.isLive(victim)).isTrue();
  }

  private static String event(Random random) {
    List<String> known =
        List.of(
            CAEP + "session-revoked",
            CAEP + "device-compliance-change",
            CAEP + "credential-change",
            TestTransmitter.RISC + "account-disabled",
            TestTransmitter.RISC + "account-enabled",
            TestTransmitter.SSF + "verification",
            TestTransmitter.SSF + "stream-updated",
            "x\u0000y");
    return known.get(random.nextInt(known.size()));
  }

  private static Object value(Random random, int depth) {
    return switch (random.nextInt(depth > 3 ? 6 : 9)) {
      case 0 -> "";
      case 1 -> "a\u0000b\ud800";
      case 2 -> random.nextLong();
      case 3 -> random.nextBoolean();
      case 4 -> "é".repeat(random.nextInt(400));
      case 5 -> List.of("complex", "opaque", "iss_sub", "email", "aliases").get(random.nextInt(5));
      case 6 -> {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < random.nextInt(4); i++) {
          list.add(value(random, depth + 1));
        }
        yield list;
      }
      default -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (String name :
            List.of(
                "format",
                "user",
                "session",
                "device",
                "id",
                "sub",
                "iss",
                "email",
                "identifiers",
                "state",
                "status",
                "reason",
                "event_timestamp",
                "current_status",
                "change_type")) {
          if (random.nextInt(3) == 0) {
            map.put(name, value(random, depth + 1));
          }
        }
        yield map;
      }
    };
  }
}
