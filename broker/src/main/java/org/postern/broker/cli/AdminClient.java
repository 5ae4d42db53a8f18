package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.postern.identity.IdentityException;
import org.postern.identity.NoAnswer;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** Talks to one broker's admin API. */
final class AdminClient {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(150);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final int BAD_REQUEST = 400;

  private final URI url;
  private final String token;
  private final HttpClient http;

  AdminClient(URI url, Optional<Path> trust, String token) {
    this.url = url;
    this.token = token;
    HttpClient.Builder builder =
        HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NEVER);
    trust.ifPresent(file -> builder.sslContext(WebTls.client(bundle(file))));
    this.http = builder.build();
  }

  /**
   * Returns when its threads have ended: the virtual machine must not write its class-data archive,
   * which it does at its end, while another thread still makes classes.
   */
  void close() {
    http.shutdownNow();
    try {
      http.awaitTermination(CLOSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static TrustBundle bundle(Path file) {
    try {
      // Host names are what is checked here; the trust domain is a peer's matter.
      return TrustBundle.fromPem(new TrustDomain("any.internal"), Files.readString(file));
    } catch (IOException | IdentityException e) {
      throw new CommandException(
          ExitCode.WRONG,
          "cannot use the certificates in "
              + file
              + ": "
              + (e instanceof IOException unread ? GivenFile.reason(file, unread) : e.getMessage())
              + " (expected: DATA_DIR/ca.pem of the broker)");
    }
  }

  /** An answer that the command has to judge. */
  record Answer(int status, String text, String tag) {
    JsonNode json() {
      try {
        return JSON.readTree(text);
      } catch (IOException e) {
        throw new CommandException(
            ExitCode.REFUSED, "the broker's answer is not JSON (status " + status + ")");
      }
    }
  }

  Answer get(String path) {
    return send(request(path).GET().build());
  }

  Answer post(String path, String contentType, String body) {
    return send(
        request(path)
            .header("Content-Type", contentType)
            .POST(
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  /** With headers, name and value in turn. */
  Answer send(String method, String path, String contentType, String body, String... headers) {
    HttpRequest.Builder builder = request(path);
    if (!body.isEmpty()) {
      builder.header("Content-Type", contentType);
    }
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    return send(
        builder
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Answer delete(String path) {
    return send(request(path).DELETE().build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(url.resolve(path))
        .timeout(ANSWER)
        .header("Authorization", "Bearer " + token);
  }

  private Answer send(HttpRequest request) {
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == 401) {
        throw new CommandException(
            ExitCode.TOKEN,
            "the broker does not accept this admin token: it is wrong, expired or revoked; get"
                + " another with postern admin login, or use DATA_DIR/admin.token on the broker's"
                + " host");
      }
      return new Answer(
          response.statusCode(), response.body(), response.headers().firstValue("ETag").orElse(""));
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "no answer from %s: %s; check --url, that the broker runs, and --ca if it is the certificate"
              .formatted(url, NoAnswer.reason(url, e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.UNREACHABLE, "interrupted");
    }
  }

  /** The answer's JSON when it is a success; else the command ends with the broker's own words. */
  JsonNode success(Answer answer) {
    if (answer.status() / 100 != 2) {
      JsonNode problem = answer.json();
      throw new CommandException(
          answer.status() == BAD_REQUEST ? ExitCode.WRONG : ExitCode.REFUSED,
          problem.path("title").asText("status " + answer.status()) + ". " + details(problem));
    }
    return answer.json();
  }

  private static String details(JsonNode problem) {
    StringBuilder errors = new StringBuilder();
    for (JsonNode error : problem.path("errors")) {
      String path = error.path("path").asText();
      errors
          .append("\n  ")
          .append(path.isEmpty() ? "" : Table.printable(path) + ": ")
          .append(Table.printable(error.path("message").asText()));
    }
    // With a list, the detail is its first line again.
    return errors.isEmpty() ? problem.path("detail").asText("") : errors.toString();
  }

  static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
