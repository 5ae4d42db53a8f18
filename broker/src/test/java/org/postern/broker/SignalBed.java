package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.postern.identity.IdentityKey;

/** A broker, a provider and its transmitter, and people who sign in. */
final class SignalBed implements AutoCloseable {
  static final String STREAM = "corp-events";

  final TestProvider provider;
  final TestTransmitter transmitter;
  final BrokerUnderTest broker;
  String token = "";

  SignalBed(Path dataDir) throws Exception {
    provider = new TestProvider(Instant::now);
    transmitter = new TestTransmitter();
    broker = new BrokerUnderTest(dataDir, Set.of(provider.issuer(), transmitter.issuer()));
    String policy =
        """
        version: 1
        identityProviders:
          - {name: corp, issuer: "%s", clientId: %s, domains: [example.com]}
          - name: other
            issuer: "https://other.example"
            clientId: x
            domains: [other.example]
            signIn: []
        """
            .formatted(provider.issuer(), TestProvider.CLIENT);
    assertThat(broker.admin("POST", "/admin/v1/apply", policy).statusCode()).isEqualTo(200);
  }

  /** More fields are JSON, with a comma before. */
  JsonNode newStream(String name, String provider, String more) throws Exception {
    HttpResponse<String> made =
        broker.admin(
            "POST",
            "/admin/v1/signals/streams",
            """
            {"name":"%s","provider":"%s","issuer":"%s","audience":"%s"%s}
            """
                .formatted(name, provider, transmitter.issuer(), TestTransmitter.AUDIENCE, more));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return BrokerUnderTest.JSON.readTree(made.body());
  }

  record SignedIn(String user, String device) {}

  /** Signs in on a new device. */
  SignedIn signIn(String subject, String providerSession) throws Exception {
    provider.claims(claims ->
        claims
            .subject(subject)
            .claim("email", subject + "@example.com")
            .claim("groups", List.of())
            .claim("sid", providerSession.isEmpty() ? null : providerSession));
    HttpResponse<String> back = broker.signIn();
    assertThat(back.statusCode()).as(back.body()).isEqualTo(303);
    JsonNode enrolled =
        BrokerUnderTest.JSON.readTree(
            broker
                .post(
                    "/enroll/device",
                    BrokerUnderTest.deviceEnrollment(
                        BrokerUnderTest.parameter(back, "code"),
                        BrokerUnderTest.VERIFIER,
                        IdentityKey.generate().csr()))
                .body());
    return new SignedIn(
        enrolled.path("user").path("id").asText(), enrolled.path("device_id").asText());
  }

  boolean isLive(SignedIn who) throws Exception {
    for (JsonNode each : items("/admin/v1/sessions")) {
      if (each.path("deviceId").asText().equals(who.device())) {
        return !each.path("revoked").asBoolean();
      }
    }
    return false;
  }

  boolean isShutOut(SignedIn who) throws Exception {
    for (JsonNode each : items("/admin/v1/users")) {
      if (each.path("id").asText().equals(who.user())) {
        return each.path("disabled").asBoolean();
      }
    }
    throw new AssertionError("no such user");
  }

  String deviceState(SignedIn who) throws Exception {
    for (JsonNode each : items("/admin/v1/devices")) {
      if (each.path("id").asText().equals(who.device())) {
        return each.path("state").asText();
      }
    }
    throw new AssertionError("no such device");
  }

  JsonNode items(String path) throws Exception {
    return BrokerUnderTest.JSON.readTree(broker.admin("GET", path, "").body()).path("items");
  }

  /** What the log says of an event. */
  String outcome(String jti) throws Exception {
    for (JsonNode each : items("/admin/v1/signals/events?limit=1000")) {
      if (each.path("jti").asText().equals(jti)) {
        return each.path("outcome").asText();
      }
    }
    return "not in the log";
  }

  HttpResponse<String> push(String set) throws Exception {
    return push(STREAM, "Bearer " + token, "application/secevent+jwt", set);
  }

  HttpResponse<String> push(String stream, String authorization, String type, String body)
      throws Exception {
    return broker.send(
        broker
            .request("/signals/" + stream)
            // Over HTTP/2 the JDK's client loses an answer that comes while it still sends.
            .version(HttpClient.Version.HTTP_1_1)
            .header("Authorization", authorization)
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  @Override
  public void close() {
    broker.close();
    provider.close();
    transmitter.close();
  }
}
