package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** An administrator or a program with a token of its own. */
final class AdminCaller {
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

  /** Headers are name and value in turn. */
  Answer call(String method, String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request = broker.request(path);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    HttpResponse<String> answer =
        broker.send(
            request
                .method(
                    method,
                    body.isEmpty()
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body))
                .build());
    return new Answer(answer.statusCode(), answer.body(), answer);
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
