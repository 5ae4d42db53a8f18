package org.postern.acceptance.ground;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;

/**
 * A device's way through the sign-in page of a provider that asks nothing, redirect by redirect.
 */
final class SignInByHand {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final HttpClient http;
  private final URI broker;

  SignInByHand(HttpClient http, URI broker) {
    this.http = http;
    this.broker = broker;
  }

  /** The one-time code that the device gets for its verifier. */
  String code(String verifier) throws Exception {
    String challenge =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    HttpResponse<String> begun =
        get(
            broker.resolve(
                "/signin/device?redirect_uri="
                    + URLEncoder.encode("http://127.0.0.1:4711/callback", StandardCharsets.UTF_8)
                    + "&state=device-state-1&code_challenge="
                    + challenge
                    + "&code_challenge_method=S256&device_name=laptop"),
            "");
    String cookie =
        begun
            .headers()
            .firstValue("Set-Cookie")
            .orElseThrow(() -> new IOException(begun.statusCode() + " " + begun.body()))
            .replaceFirst(";.*", "");
    HttpResponse<String> atProvider = get(location(begun), "");
    HttpResponse<String> back = get(location(atProvider), cookie);
    String query = location(back).getRawQuery();
    for (String pair : query.split("&", -1)) {
      if (pair.startsWith("code=")) {
        return URLDecoder.decode(pair.substring(5), StandardCharsets.UTF_8);
      }
    }
    throw new IOException("no code in " + query);
  }

  private static URI location(HttpResponse<String> answer) throws IOException {
    return URI.create(
        answer
            .headers()
            .firstValue("Location")
            .orElseThrow(() -> new IOException(answer.statusCode() + " " + answer.body())));
  }

  private HttpResponse<String> get(URI address, String cookie) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(ANSWER);
    if (!cookie.isEmpty()) {
      request.header("Cookie", cookie);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
