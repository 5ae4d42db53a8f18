package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** An administrator or a program with a token of its own. */
final class AdminCaller {
  private static final int PATIENCE = 20;

  private final BrokerUnderTest broker;
  private final String token;

  AdminCaller(BrokerUnderTest broker, String token) {
    this.broker = broker;
    this.token = token;
  }

  record Answer(int status, String body, HttpResponse<String> raw) {
    JsonNode json() {
      try {
        return BrokerUnderTest.JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(body, e);
      }
    }

    String header(String name) {
      return raw.headers().firstValue(name).orElse("");
    }
  }

  /**
   * As HTTP/1.1, and not for long: the JDK's client waits for its own patience over HTTP/2 when it
   * is refused while it still sends.
   */
  Answer sendTooMuch(String method, String path, String body) throws Exception {
    return call(
        broker.request(path).version(HttpClient.Version.HTTP_1_1).timeout(Duration.ofSeconds(3)),
        method,
        body);
  }

  /** With more patience, for documents that take the broker long. */
  Answer callPatiently(String method, String path, String body) throws Exception {
    return call(broker.request(path).timeout(Duration.ofMinutes(5)), method, body);
  }

  /** Headers are name and value in turn. */
  Answer call(String method, String path, String body, String... headers) throws Exception {
    return call(broker.request(path), method, body, headers);
  }

  private Answer call(HttpRequest.Builder request, String method, String body, String... headers)
      throws Exception {
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpRequest asked =
        request
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = broker.send(asked);
    for (int i = 0; i < PATIENCE && isTooSoon(answer); i++) {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      answer = broker.send(asked);
    }
    return new Answer(answer.statusCode(), answer.body(), answer);
  }

  /** Asked to come again in a second, as a good client does; on a quick machine tests are. */
  private boolean isTooSoon(HttpResponse<String> answer) {
    return !token.isEmpty()
        && answer.statusCode() == 429
        && answer.headers().firstValue("Retry-After").equals(Optional.of("1"));
  }

  /** Another administrator. */
  AdminCaller newToken(String name, String role) throws Exception {
    Answer made =
        call("POST", "/admin/v1/tokens", "{\"name\":\"%s\",\"role\":\"%s\"}".formatted(name, role));
    if (made.status() != 201) {
      throw new AssertionError(made.body());
    }
    return new AdminCaller(broker, made.json().path("token").asText());
  }
}
