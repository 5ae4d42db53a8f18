package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/** The browser of an administrator who signs in through a provider. */
final class AdministratorBrowser {
  private final BrokerUnderTest broker;
  private final HttpClient http;

  AdministratorBrowser(BrokerUnderTest broker) {
    this(broker, broker.http);
  }

  /** At an address of its own, since one address may only ask so often. */
  AdministratorBrowser(BrokerUnderTest broker, HttpClient http) {
    this.broker = broker;
    this.http = http;
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** From the administrators' page to the provider and back. */
  HttpResponse<String> signIn(String query) throws Exception {
    HttpResponse<String> begun = send(broker.request("/admin/signin/provider?" + query).build());
    if (begun.statusCode() != 303) {
      return begun;
    }
    String cookie = begun.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    HttpResponse<String> there =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(begun.headers().firstValue("Location").orElseThrow()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return broker.comeBack(
        URI.create(there.headers().firstValue("Location").orElseThrow()), cookie);
  }

  /** What the browser keeps of its session. */
  static String cookie(HttpResponse<String> signedIn) {
    assertThat(signedIn.statusCode()).as(signedIn.body()).isEqualTo(303);
    assertThat(signedIn.headers().firstValue("Location").orElseThrow()).startsWith("/admin/signin");
    String cookie = signedIn.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie)
        .startsWith("__Host-postern-admin=")
        .contains("Secure; HttpOnly; SameSite=Strict");
    return cookie.replaceFirst(";.*", "");
  }

  /** What the page is told of it. */
  JsonNode session(String cookie) throws Exception {
    return BrokerUnderTest.JSON.readTree(
        send(broker.request("/admin/signin/session").header("Cookie", cookie).build()).body());
  }

  /** As the page's script asks. */
  HttpResponse<String> ask(String path, String cookie, Map<String, ?> body) throws Exception {
    String origin = broker.url("/").toString().replaceFirst("/$", "");
    return send(
        broker
            .request("/admin/signin" + path)
            .header("Cookie", cookie)
            .header("Origin", origin)
            .header("Content-Type", "application/json")
            .header("X-Postern-CSRF", session(cookie).path("csrf").asText())
            .POST(
                HttpRequest.BodyPublishers.ofString(BrokerUnderTest.JSON.writeValueAsString(body)))
            .build());
  }

  /** Lets a command line in; its token. */
  String commandLine(String cookie) throws Exception {
    HttpResponse<String> allowed =
        ask(
            "/command-line",
            cookie,
            Map.of(
                "redirectUri",
                "http://127.0.0.1:4711/callback",
                "state",
                "state-state",
                "codeChallenge",
                BrokerUnderTest.challenge(BrokerUnderTest.VERIFIER)));
    String code =
        BrokerUnderTest.JSON
            .readTree(allowed.body())
            .path("location")
            .asText()
            .replaceFirst(".*code=([^&]*).*", "$1");
    HttpResponse<String> redeemed =
        send(
            broker
                .request("/admin/signin/token")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        BrokerUnderTest.JSON.writeValueAsString(
                            Map.of("code", code, "code_verifier", BrokerUnderTest.VERIFIER))))
                .build());
    return BrokerUnderTest.JSON.readTree(redeemed.body()).path("token").asText();
  }

  /** The admin API's status for a token. */
  int call(String token, String method, String path) throws Exception {
    return send(broker
            .request(path)
            .header("Authorization", "Bearer " + token)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build())
        .statusCode();
  }
}
