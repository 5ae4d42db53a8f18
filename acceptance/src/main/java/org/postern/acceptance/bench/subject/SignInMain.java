package org.postern.acceptance.bench.subject;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.http.Route;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/**
 * Both partners of a sign-in, as programs that can run inside a room: {@code provider ADDRESS PORT}
 * is a development identity provider that believes everybody, {@code browse URL CA-FILE EMAIL} is a
 * person at a browser who fills in its form.
 */
public final class SignInMain {
  private static final int STEPS_MAX = 12;

  private final URI start;
  private final String email;
  private final HttpClient http;
  private final Map<String, Map<String, String>> cookiesByHost = new LinkedHashMap<>();

  private SignInMain(URI start, Path ca, String email) throws Exception {
    this.start = start;
    this.email = email;
    TrustBundle trust =
        TrustBundle.fromPem(new TrustDomain("unknown.invalid"), Files.readString(ca));
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(WebTls.client(trust))
            .build();
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "provider" -> {
        new MockOAuth2Server(new OAuth2Config(true), new Route[0])
            .start(InetAddress.ofLiteral(arguments[1]), Integer.parseInt(arguments[2]));
        System.out.println("provider is ready");
      }
      case "browse" -> {
        new SignInMain(URI.create(arguments[1]), Path.of(arguments[2]), arguments[3]).signIn();
        System.out.println("signed in");
        System.exit(0);
      }
      default -> throw new IllegalArgumentException("expected: provider or browse");
    }
  }

  /** As {@code browse}, in this process. What goes wrong shows at the program that waits for it. */
  static void browse(URI address, Path ca) {
    try {
      new SignInMain(address, ca, Deployment.EMAIL).signIn();
    } catch (Exception e) {
      throw new IllegalStateException("nobody signed in", e);
    }
  }

  private void signIn() throws IOException, InterruptedException {
    URI at = start;
    HttpRequest request = request(at).build();
    for (int step = 0; step < STEPS_MAX; step++) {
      HttpResponse<String> page = http.send(request, HttpResponse.BodyHandlers.ofString());
      keepCookies(at, page);
      if (page.statusCode() / 100 == 3) {
        at = at.resolve(page.headers().firstValue("location").orElse(""));
        request = request(at).build();
      } else if (page.statusCode() == 200 && page.body().contains("name=\"claims\"")) {
        request = form(at);
      } else if (page.statusCode() == 200 && "127.0.0.1".equals(at.getHost())) {
        return;
      } else {
        throw new IOException(at + " answered " + page.statusCode() + ": " + page.body());
      }
    }
    throw new IOException("still not signed in after " + STEPS_MAX + " pages, at " + at);
  }

  private HttpRequest form(URI at) {
    String claims =
        "{\"email\":\"%s\",\"email_verified\":true,\"name\":\"Bench\"}".formatted(email);
    return request(at)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(
            HttpRequest.BodyPublishers.ofString(
                "username=bench&claims=" + URLEncoder.encode(claims, StandardCharsets.UTF_8)))
        .build();
  }

  private HttpRequest.Builder request(URI at) {
    HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(Duration.ofSeconds(30));
    Map<String, String> cookies = cookiesByHost.getOrDefault(at.getHost(), Map.of());
    if (!cookies.isEmpty()) {
      request.header(
          "Cookie",
          String.join(
              "; ",
              cookies.entrySet().stream().map(c -> c.getKey() + "=" + c.getValue()).toList()));
    }
    return request;
  }

  private void keepCookies(URI at, HttpResponse<?> page) {
    for (String header : page.headers().allValues("set-cookie")) {
      String[] pair = header.split(";", 2)[0].split("=", 2);
      if (pair.length == 2) {
        cookiesByHost
            .computeIfAbsent(String.valueOf(at.getHost()), host -> new LinkedHashMap<>())
            .put(pair[0].strip(), pair[1].strip());
      }
    }
  }
}
