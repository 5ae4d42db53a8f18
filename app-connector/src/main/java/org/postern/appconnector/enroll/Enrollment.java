package org.postern.appconnector.enroll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.enroll.EnrollmentException.Kind;
import org.postern.identity.Credential;
import org.postern.identity.IdentityException;
import org.postern.identity.IdentityKey;
import org.postern.identity.NoAnswer;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/**
 * Enrolls this connector at a broker: makes a key, shows the provisioning key, takes the
 * certificate. Blocking: for a virtual thread or a command. Nothing is written.
 */
public final class Enrollment {
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Request request;

  /**
   * What enrollment needs.
   *
   * @param broker {@code https://host[:port]}
   * @param trust why that host is believed
   * @param httpProxy an HTTP proxy on the way, if any
   * @param name for the inventory
   * @param hostName for the inventory
   * @param platform for the inventory
   */
  public record Request(
      URI broker,
      BrokerTrust trust,
      Optional<InetSocketAddress> httpProxy,
      String name,
      String hostName,
      String platform) {
    public Request {
      if (!"https".equals(broker.getScheme()) || broker.getHost() == null) {
        throw new IllegalArgumentException(
            "broker is \"" + broker + "\"; expected https://broker.example:443");
      }
    }
  }

  public Enrollment(Request request) {
    this.request = request;
  }

  /**
   * Does it.
   *
   * @throws EnrollmentException when it does not succeed, with what to do
   */
  public Enrolled enroll(ProvisioningKey provisioningKey) throws EnrollmentException {
    try (HttpClient http = client()) {
      JsonNode deployment = ask(http, get("/.well-known/postern"));
      TrustBundle trust = trust(deployment);
      IdentityKey key = IdentityKey.generate();
      ObjectNode body =
          JSON.createObjectNode()
              .put("provisioning_key", provisioningKey.secret())
              .put("csr", Base64.getEncoder().encodeToString(key.csr()))
              .put("name", request.name)
              .put("host_name", request.hostName)
              .put("platform", request.platform);
      JsonNode answer = ask(http, post("/enroll/connector", body.toString()));
      Credential credential = credential(key, answer);
      return new Enrolled(
          credential,
          trust,
          deployment.path("tunnel").path("host").asText(request.broker.getHost()),
          deployment.path("tunnel").path("port").asInt(443));
    }
  }

  private HttpClient client() throws EnrollmentException {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .sslContext(tls());
    request.httpProxy.ifPresent(proxy -> builder.proxy(ProxySelector.of(proxy)));
    return builder.build();
  }

  private SSLContext tls() throws EnrollmentException {
    try {
      return switch (request.trust) {
        case BrokerTrust.Fingerprint pin -> WebTls.clientPinned(pin.sha256());
        case BrokerTrust.CaFile ca ->
            // The trust domain plays no part in HTTPS; it is learned from the broker next.
            WebTls.client(
                TrustBundle.fromPem(
                    new TrustDomain("unknown.invalid"),
                    Files.readString(ca.file(), StandardCharsets.UTF_8)));
        case BrokerTrust.Machine machine -> SSLContext.getDefault();
      };
    } catch (IdentityException | IOException | NoSuchAlgorithmException e) {
      throw new EnrollmentException(
          Kind.UNREACHABLE, "the CA to trust cannot be used: " + e.getMessage(), e);
    }
  }

  private TrustBundle trust(JsonNode deployment) throws EnrollmentException {
    TrustBundle bundle;
    try {
      bundle =
          TrustBundle.fromPem(
              new TrustDomain(deployment.path("trustDomain").asText()),
              deployment.path("caPem").asText());
    } catch (IdentityException | IllegalArgumentException e) {
      throw confused("its CA cannot be read: " + e.getMessage(), e);
    }
    if (request.trust instanceof BrokerTrust.Fingerprint pin
        && !bundle.rootFingerprints().contains(WebTls.fingerprint(pin.sha256()))) {
      throw new EnrollmentException(
          Kind.UNREACHABLE,
          "the broker's root certificate has the fingerprint "
              + bundle.rootFingerprints()
              + ", not the one that was given; compare it with what the broker printed");
    }
    return bundle;
  }

  private Credential credential(IdentityKey key, JsonNode answer) throws EnrollmentException {
    List<byte[]> chain = new ArrayList<>();
    try {
      for (JsonNode certificate : answer.path("chain")) {
        chain.add(Base64.getDecoder().decode(certificate.asText()));
      }
      Credential credential = Credential.of(key, chain);
      if (credential.id() instanceof ConnectorId) {
        return credential;
      }
      throw confused("its certificate is for " + credential.id() + ", not for a connector", null);
    } catch (IdentityException | IllegalArgumentException e) {
      throw confused("its certificate cannot be used: " + e.getMessage(), e);
    }
  }

  private HttpRequest get(String path) {
    return HttpRequest.newBuilder(request.broker.resolve(path)).timeout(ANSWER_TIMEOUT).build();
  }

  private HttpRequest post(String path, String json) {
    return HttpRequest.newBuilder(request.broker.resolve(path))
        .timeout(ANSWER_TIMEOUT)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json))
        .build();
  }

  private JsonNode ask(HttpClient http, HttpRequest question) throws EnrollmentException {
    HttpResponse<InputStream> response;
    byte[] body;
    try {
      response = http.send(question, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        body = in.readNBytes(BODY_BYTES_MAX + 1);
      }
    } catch (IOException e) {
      throw new EnrollmentException(
          Kind.UNREACHABLE,
          "cannot talk to "
              + request.broker
              + ": "
              + NoAnswer.reason(request.broker, e)
              + "; check the address, the way out (--proxy) and the CA (--ca, --ca-fingerprint)",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnrollmentException(Kind.UNREACHABLE, "interrupted", e);
    }
    if (body.length > BODY_BYTES_MAX) {
      throw confused("its answer is larger than " + BODY_BYTES_MAX + " bytes", null);
    }
    return parse(question, response.statusCode(), body);
  }

  private JsonNode parse(HttpRequest question, int status, byte[] body) throws EnrollmentException {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException e) {
      json = JSON.createObjectNode();
    }
    if (status == 200) {
      return json;
    }
    String detail = json.path("detail").asText(json.path("title").asText(""));
    String path = question.uri().getPath();
    if (status == 403 || status == 401) {
      throw new EnrollmentException(
          Kind.REFUSED,
          "the broker refused the provisioning key"
              + (detail.isEmpty() ? "" : " (" + detail + ")")
              + ": it is wrong, expired, used up or not for this address; the broker does not say"
              + " which. Make a new one: postern admin provisioning-key create");
    }
    throw confused("it answered " + status + " to " + path + " " + detail, null);
  }

  private EnrollmentException confused(String what, @Nullable Throwable cause) {
    String message = request.broker + " does not answer like a Postern broker: " + what;
    return cause == null
        ? new EnrollmentException(Kind.CONFUSED, message)
        : new EnrollmentException(Kind.CONFUSED, message, cause);
  }
}
