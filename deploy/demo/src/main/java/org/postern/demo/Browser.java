package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.postern.identity.IdentityException;
import org.postern.identity.TrustBundle;
import org.postern.identity.TrustDomain;
import org.postern.identity.WebTls;

/** Plays the person at the browser: follows where it is sent, and fills in the login form. */
final class Browser {
  private static final int STEPS_MAX = 12;
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Pattern FORM = Pattern.compile("(?i)<form[^>]*method=\"?post");

  private final URI start;
  private final Path ca;
  private final Map<String, Map<String, String>> cookies = new HashMap<>();

  Browser(JsonNode with) {
    this.start = URI.create(with.path("url").asText());
    this.ca = Path.of(with.path("ca").asText());
  }

  /** Until the page that says that all is done. */
  Map<String, ?> signIn() throws IOException, InterruptedException, IdentityException {
    TrustBundle trust =
        TrustBundle.fromPem(new TrustDomain("unknown.invalid"), Files.readString(ca));
    try (HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .sslContext(WebTls.client(trust))
            .build()) {
      URI at = start;
      HttpRequest request = request(at).build();
      for (int step = 0; step < STEPS_MAX; step++) {
        HttpResponse<String> page = http.send(request, HttpResponse.BodyHandlers.ofString());
        keepCookies(at, page);
        int status = page.statusCode();
        if (status / 100 == 3) {
          at = at.resolve(page.headers().firstValue("location").orElse(""));
          request = request(at).build();
        } else if (status == 200 && FORM.matcher(page.body()).find()) {
          request = form(at);
        } else if (status == 200 && "127.0.0.1".equals(at.getHost())) {
          return Map.of("steps", step);
        } else {
          throw new IOException(
              "the browser came to %s with status %d: %s"
                  .formatted(at.getHost() + at.getPath(), status, text(page.body())));
        }
      }
    }
    throw new IOException("the browser is sent around in circles");
  }

  private HttpRequest.Builder request(URI at) {
    HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(ANSWER);
    Map<String, String> ours = cookies.getOrDefault(String.valueOf(at.getHost()), Map.of());
    if (!ours.isEmpty()) {
      request.header(
          "Cookie",
          String.join(
              "; ", ours.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList()));
    }
    return request;
  }

  /** As browsers do; the JDK's own jar would send them in the form of RFC 2965. */
  private void keepCookies(URI at, HttpResponse<?> page) {
    for (String header : page.headers().allValues("set-cookie")) {
      String pair = header.split(";", 2)[0];
      int equals = pair.indexOf('=');
      if (equals > 0) {
        cookies
            .computeIfAbsent(String.valueOf(at.getHost()), host -> new LinkedHashMap<>())
            .put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
      }
    }
  }

  private HttpRequest form(URI at) {
    String claims =
        "{\"email\":\"%s\",\"email_verified\":true,\"name\":\"Demo User\"}".formatted(Policy.EMAIL);
    return request(at)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(
            HttpRequest.BodyPublishers.ofString(
                "username="
                    + Policy.USER
                    + "&claims="
                    + URLEncoder.encode(claims, StandardCharsets.UTF_8)))
        .build();
  }

  private static String text(String html) {
    String text = html.replaceAll("(?s)<[^>]*>", " ").replaceAll("\\s+", " ").strip();
    return text.substring(0, Math.min(300, text.length()));
  }
}
