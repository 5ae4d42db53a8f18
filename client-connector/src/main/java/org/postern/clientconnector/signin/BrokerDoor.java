package org.postern.clientconnector.signin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.postern.identity.IdentityException;
import org.postern.identity.NoAnswer;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** The broker's HTTPS door as this device sees it. Blocking. */
final class BrokerDoor implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI broker;
  private final BrokerTrust trust;
  private final HttpClient http;

  BrokerDoor(URI broker, BrokerTrust trust) throws SignInException {
    if (!"https".equals(broker.getScheme()) || broker.getHost() == null) {
      throw new SignInException(
          "broker is \"" + broker + "\" (expected: https://broker.example.com)");
    }
    this.broker = broker;
    this.trust = trust;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .sslContext(tls(trust))
            .build();
  }

  private static SSLContext tls(BrokerTrust trust) throws SignInException {
    try {
      return switch (trust) {
        case BrokerTrust.Fingerprint pin -> WebTls.clientPinned(pin.sha256());
        case BrokerTrust.CaFile ca ->
            WebTls.client(
                TrustBundle.fromPem(
                    new TrustDomain("unknown.invalid"),
                    Files.readString(ca.file(), StandardCharsets.UTF_8)));
        case BrokerTrust.Known known -> WebTls.client(known.trust());
        case BrokerTrust.Machine machine -> SSLContext.getDefault();
      };
    } catch (IdentityException | IOException | NoSuchAlgorithmException e) {
      throw new SignInException("the CA to trust cannot be used: " + e.getMessage(), e);
    }
  }

  /** The broker's description of the deployment. */
  JsonNode deployment() throws SignInException {
    return ask(HttpRequest.newBuilder(broker.resolve("/.well-known/postern")));
  }

  /** The deployment's CA, checked against the fingerprint if that is why we believe it. */
  TrustBundle trust(JsonNode deployment) throws SignInException {
    try {
      TrustBundle bundle =
          TrustBundle.fromPem(
              new TrustDomain(deployment.path("trustDomain").asText()),
              deployment.path("caPem").asText());
      if (trust instanceof BrokerTrust.Fingerprint pin
          && !bundle.rootFingerprints().contains(WebTls.fingerprint(pin.sha256()))) {
        throw new SignInException(
            "the broker's root certificate has the fingerprint "
                + bundle.rootFingerprints()
                + ", not the one that was given; ask your administrator which is right");
      }
      return bundle;
    } catch (IdentityException | IllegalArgumentException e) {
      throw new SignInException(
          broker + " does not answer like a Postern broker: its CA cannot be read", e);
    }
  }

  /** Posts JSON and reads JSON. */
  JsonNode post(String path, JsonNode body) throws SignInException {
    return ask(
        HttpRequest.newBuilder(broker.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  /** An answer with its status. */
  record Answer(int status, JsonNode body) {}

  /** Posts a form and reads JSON, whatever the status. */
  Answer form(String path, Map<String, String> fields) throws SignInException {
    String body =
        fields.entrySet().stream()
            .map(each -> encode(each.getKey()) + "=" + encode(each.getValue()))
            .collect(Collectors.joining("&"));
    return exchange(
        HttpRequest.newBuilder(broker.resolve(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode ask(HttpRequest.Builder question) throws SignInException {
    Answer answer = exchange(question);
    if (answer.status() == 200) {
      return answer.body();
    }
    throw refused(answer);
  }

  /** What the broker said, as a failure. */
  static SignInException refused(Answer answer) {
    JsonNode body = answer.body();
    String detail =
        body.path("detail")
            .asText(
                body.path("error_description").asText(body.path("title").asText("no explanation")));
    return new SignInException("the broker refused (%d): %s".formatted(answer.status(), detail));
  }

  private Answer exchange(HttpRequest.Builder question) throws SignInException {
    try {
      HttpResponse<InputStream> response =
          http.send(
              question.timeout(ANSWER_TIMEOUT).build(), HttpResponse.BodyHandlers.ofInputStream());
      byte[] body;
      try (InputStream in = response.body()) {
        body = in.readNBytes(BODY_BYTES_MAX + 1);
      }
      return new Answer(response.statusCode(), json(body));
    } catch (IOException e) {
      throw new SignInException(
          "cannot talk to %s: %s; check the address and the CA (--ca, --ca-fingerprint)"
              .formatted(broker, NoAnswer.reason(broker, e)),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SignInException("interrupted", e);
    }
  }

  private static JsonNode json(byte[] body) {
    try {
      JsonNode json = body.length > BODY_BYTES_MAX ? null : JSON.readTree(body);
      return json == null ? JSON.createObjectNode() : json;
    } catch (IOException e) {
      return JSON.createObjectNode();
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
