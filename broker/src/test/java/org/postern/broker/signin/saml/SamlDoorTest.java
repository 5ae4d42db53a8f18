package org.postern.broker.signin.saml;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.BrokerUnderTest;
import org.w3c.dom.Document;

/** What a browser, honest or not, brings to the doors of a whole broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SamlDoorTest {
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final String HONEST = "You are known to Postern";

  /** Of one address; the broker takes sixty at once. */
  private static final int ASKED_EACH = 40;

  private static final int ADDRESSES = 8;

  @TempDir private static Path dataDir;
  private final TestIdp idp = new TestIdp("https://idp.example/saml");
  private BrokerUnderTest broker;
  private ServicePlaces places;

  @BeforeAll
  void start() throws Exception {
    broker = new BrokerUnderTest(dataDir, Set.of());
    String policy =
        """
        version: 1
        identityProviders:
          - {name: partner, domains: [partner.example], issuer: "https://partner.example", clientId: x}
          - name: corp
            domains: [example.com]
            saml:
              allowUnsolicited: true
              metadata: |
        %s
        """
            .formatted(idp.metadata().strip().indent(8));
    HttpResponse<String> applied = broker.admin("POST", "/admin/v1/apply", policy);
    assertThat(applied.statusCode()).as(applied.body()).isEqualTo(200);
    places =
        ServicePlaces.of(
            SamlTestBed.provider(SamlTestBed.saml("")), SamlTestBed.saml(""), broker.url("/"));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private byte[] unsolicited(String id, Consumer<TestIdp.Words> change) throws Exception {
    Document document =
        idp.response(
            Instant.now(),
            places,
            words -> {
              words.set("request", "").set("confirmedRequest", "");
              change.accept(words);
            });
    TestIdp.find(document, "Assertion").setAttribute("ID", id);
    return TestIdp.bytes(idp.signedAssertion(document));
  }

  private static String form(byte[] xml) {
    return "SAMLResponse="
        + URLEncoder.encode(Base64.getEncoder().encodeToString(xml), StandardCharsets.UTF_8);
  }

  private HttpResponse<String> send(HttpClient from, String method, String path, String body)
      throws Exception {
    return from.send(
        HttpRequest.newBuilder(broker.url(path))
            .timeout(ANSWER)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> consumed(HttpClient from, String form) throws Exception {
    return send(from, "POST", "/signin/saml/corp/acs", form);
  }

  private int people() throws Exception {
    return broker.admin("GET", "/admin/v1/users", "").body().split("\"provider\"", -1).length - 1;
  }

  @Test
  void tenMebibytesAreRefusedWithAPageThatSaysSoAndAreNotKept() throws Exception {
    try (HttpClient visitor = broker.from(201)) {
      consumed(visitor, form(new byte[1 << 10]));
      long start = System.nanoTime();
      HttpResponse<String> page = consumed(visitor, form(new byte[10 << 20]));
      assertThat(page.statusCode()).isEqualTo(413);
      assertThat(page.body())
          .contains("The provider&#39;s answer is too large", "signin-saml-too-large");
      // Sending it is most of the time; the promise for judging it is asserted where it is judged.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    }
  }

  @Test
  void assertionForAnotherProvidersDomainIsRefused() throws Exception {
    int before = people();
    try (HttpClient visitor = broker.from(202)) {
      HttpResponse<String> page =
          consumed(
              visitor,
              form(
                  unsolicited(
                      "_elsewhere",
                      w -> w.set("name", "eve-1").set("email", "pat@partner.example"))));
      assertThat(page.statusCode()).isEqualTo(403);
      assertThat(page.body()).contains("signin-email-domain");
    }
    assertThat(people()).isEqualTo(before);
  }

  @Test
  void honestAnswerIsTakenOnceAndNothingMadeOfItMakesAnotherPerson() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] honest = unsolicited("_honest", w -> {});
    try (HttpClient visitor = broker.from(203)) {
      assertThat(consumed(visitor, form(honest)).body()).contains(HONEST);
      assertThat(consumed(visitor, form(honest)).body()).contains("signin-saml-replayed");
    }
    int before = people();
    for (int address = 1; address <= ADDRESSES; address++) {
      try (HttpClient visitor = broker.from(address)) {
        for (int i = 0; i < ASKED_EACH; i++) {
          HttpResponse<String> answer = fuzzed(visitor, random, honest);
          assertThat(answer.statusCode()).as("seed %d: %s", seed, answer.body()).isLessThan(500);
          assertThat(answer.body()).as("seed %d", seed).doesNotContain(HONEST);
          assertThat(answer.headers().firstValue("Location").orElse(""))
              .as("seed %d", seed)
              .doesNotContain("code=");
        }
      }
    }
    assertThat(people()).as("seed %d", seed).isEqualTo(before);
  }

  private HttpResponse<String> fuzzed(HttpClient from, Random random, byte[] honest)
      throws Exception {
    byte[] xml = damaged(random, honest);
    return switch (random.nextInt(6)) {
      case 0 -> consumed(from, form(xml) + "&RelayState=" + noise(random));
      case 1 -> consumed(from, form(xml) + "&SAMLResponse=" + noise(random));
      case 2 ->
          consumed(
              from,
              new String(
                  damaged(random, form(xml).getBytes(StandardCharsets.US_ASCII)),
                  StandardCharsets.ISO_8859_1));
      case 3 ->
          send(from, "POST", "/signin/saml/corp/slo", form(xml).replace("Response", "Request"));
      case 4 ->
          send(
              from,
              "GET",
              "/signin/saml/corp/slo?SAMLRequest="
                  + noise(random)
                  + "&RelayState="
                  + noise(random)
                  + "&SigAlg="
                  + noise(random)
                  + "&Signature="
                  + noise(random),
              "");
      default -> send(from, "GET", "/signin/saml/corp/acs?" + form(new byte[] {1, 2, 3}), "");
    };
  }

  private static String noise(Random random) {
    byte[] bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return URLEncoder.encode(
        random.nextBoolean()
            ? Base64.getEncoder().encodeToString(bytes)
            : new String(bytes, StandardCharsets.ISO_8859_1),
        StandardCharsets.UTF_8);
  }

  /** A few bytes changed, a piece left out, or a piece twice. */
  private static byte[] damaged(Random random, byte[] honest) {
    byte[] bytes = honest.clone();
    int from = random.nextInt(bytes.length);
    int length = Math.min(bytes.length - from, 1 + random.nextInt(64));
    switch (random.nextInt(3)) {
      case 0 -> {
        for (int i = 0; i < 4; i++) {
          bytes[random.nextInt(bytes.length)] = (byte) (1 + random.nextInt(126));
        }
      }
      case 1 -> System.arraycopy(bytes, from + length, bytes, from, bytes.length - from - length);
      default ->
          System.arraycopy(bytes, random.nextInt(bytes.length - length), bytes, from, length);
    }
    return bytes;
  }
}
