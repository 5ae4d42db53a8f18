package org.postern.acceptance.ground;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.postern.identity.Credential;
import org.postern.identity.IdentityKey;
import org.postern.identity.LiveTls;
import org.postern.identity.TrustBundle;

/** Devices and connectors get their certificates, request by request. */
final class EnrollByHand {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String VERIFIER = "v".repeat(43);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final HttpClient http;
  private final URI broker;
  private final TrustBundle trust;
  private final InstantSource clock;

  EnrollByHand(HttpClient http, URI broker, TrustBundle trust, InstantSource clock) {
    this.http = http;
    this.broker = broker;
    this.trust = trust;
    this.clock = clock;
  }

  /** What a device got. */
  record Enrolled(LiveTls tls, String userId, String deviceId) {}

  /** The device of whoever the provider lets in next. */
  Enrolled device() throws Exception {
    IdentityKey key = IdentityKey.generate();
    JsonNode enrolled =
        post(
            "/enroll/device",
            certificateFor(key)
                .put("code", new SignInByHand(http, broker).code(VERIFIER))
                .put("code_verifier", VERIFIER)
                .put("device_name", "laptop"));
    return new Enrolled(
        tls(key, enrolled),
        enrolled.path("user").path("id").asText(),
        enrolled.path("device_id").asText());
  }

  /** The connector that has this provisioning key. */
  LiveTls connector(String provisioningKey) throws Exception {
    IdentityKey key = IdentityKey.generate();
    return tls(
        key,
        post(
            "/enroll/connector",
            certificateFor(key).put("provisioning_key", provisioningKey).put("name", "one")));
  }

  private JsonNode post(String path, ObjectNode body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(broker.resolve(path))
                .timeout(ANSWER)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  private static ObjectNode certificateFor(IdentityKey key) {
    return JSON.createObjectNode()
        .put("csr", Base64.getEncoder().encodeToString(key.csr()))
        .put("host_name", "here")
        .put("platform", "linux-x86_64");
  }

  private LiveTls tls(IdentityKey key, JsonNode enrolled) throws Exception {
    List<byte[]> chain = new ArrayList<>();
    enrolled.path("chain").forEach(each -> chain.add(Base64.getDecoder().decode(each.asText())));
    return new LiveTls(Credential.of(key, chain), trust, clock);
  }
}
