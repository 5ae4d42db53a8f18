package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Browsers that come back from an OpenID Connect provider with something else than they got. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CallbackFuzzTest {
  private static final int ADDRESSES = 10;

  /** A beginning and a return each; the broker takes sixty of one address at once. */
  private static final int VISITS_EACH = 20;

  @TempDir private static Path dataDir;
  private TestProvider provider;
  private BrokerUnderTest broker;

  @BeforeAll
  void start() throws Exception {
    provider = new TestProvider(Instant::now);
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer()));
    String policy =
        """
        version: 1
        identityProviders: [{name: corp, issuer: "%s", clientId: %s, domains: [example.com]}]
        """
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
  }

  @AfterAll
  void stop() {
    broker.close();
    provider.close();
  }

  private static HttpResponse<String> get(HttpClient from, URI address, String cookie)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(60));
    if (!cookie.isEmpty()) {
      request.header("Cookie", cookie);
    }
    return from.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static URI location(HttpResponse<String> answer) {
    return URI.create(answer.headers().firstValue("Location").orElseThrow());
  }

  @Test
  void onlyWhatTheProviderSentAndThisBrowserBeganIsASignIn() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int address = 101; address < 101 + ADDRESSES; address++) {
      try (HttpClient visitor = broker.from(address);
          HttpClient plain = HttpClient.newHttpClient()) {
        for (int i = 0; i < VISITS_EACH; i++) {
          HttpResponse<String> begun =
              get(
                  visitor,
                  broker.url(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback")),
                  "");
          String cookie =
              begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
          URI back = location(get(plain, location(begun), ""));
          boolean honest = i == 0;
          HttpResponse<String> answer =
              honest
                  ? get(visitor, back, cookie)
                  : get(visitor, twisted(random, back), random.nextInt(4) == 0 ? "" : cookie);
          String to = answer.headers().firstValue("Location").orElse("");
          assertThat(answer.statusCode())
              .as("seed %d: %s", seed, answer.body())
              .isNotEqualTo(500)
              .isNotEqualTo(429);
          assertThat(to.contains("code=")).as("seed %d: %s", seed, to).isEqualTo(honest);
        }
      }
    }
  }

  /** Another code, state or issuer; one of them missing or twice; an error beside the code. */
  private URI twisted(Random random, URI back) {
    String query = back.getRawQuery();
    String changed =
        switch (random.nextInt(8)) {
          case 0 -> query.replaceFirst("code=[^&]*", "code=" + noise(random));
          case 1 -> query.replaceFirst("state=[^&]*", "state=" + noise(random));
          case 2 -> query + "&iss=" + noise(random);
          case 3 -> query + "&code=" + noise(random);
          case 4 -> query.replaceFirst("code=[^&]*&?", "");
          case 5 -> query.replaceFirst("&?state=[^&]*", "");
          case 6 -> query + "&error=access_denied&error_description=" + noise(random);
          default -> noise(random);
        };
    return broker.url(back.getRawPath() + "?" + changed);
  }

  private static String noise(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(80)];
    random.nextBytes(bytes);
    return URLEncoder.encode(
        new String(bytes, StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
