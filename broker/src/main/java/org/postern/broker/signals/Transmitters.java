package org.postern.broker.signals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.SignalStream;
import org.postern.policystore.jdbc.SignalStreams;

/**
 * What we ask transmitters: how they describe themselves, access tokens, events, a verification.
 * Blocking; safe on any thread.
 */
final class Transmitters {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WELL_KNOWN = "/.well-known/ssf-configuration";
  private static final long TOKEN_MARGIN_SECONDS = 30;
  private static final long TOKEN_SECONDS_MAX = 3_600;

  private record AccessToken(String value, Instant until) {}

  /** Which addresses may be private. */
  interface PrivateAddresses {
    boolean isAllowed(String issuer, String url);
  }

  private final Outbound outbound;
  private final SignalStreams streams;
  private final PrivateAddresses privates;
  private final InstantSource clock;
  private final Map<String, AccessToken> tokens = new HashMap<>();

  Transmitters(
      Outbound outbound, SignalStreams streams, PrivateAddresses privates, InstantSource clock) {
    this.outbound = outbound;
    this.streams = streams;
    this.privates = privates;
    this.clock = clock;
  }

  /** How a transmitter describes itself (SSF 1.0 section 7). */
  JsonNode describe(String issuer) throws SignInException {
    URI base;
    try {
      base = URI.create(issuer);
    } catch (IllegalArgumentException e) {
      throw misconfigured("the issuer is not an address");
    }
    String path = base.getRawPath() == null ? "" : base.getRawPath().replaceFirst("/$", "");
    Outbound.Answer answer = get(issuer, base.resolve(WELL_KNOWN + path).toString());
    if (answer.status() != 200 && !path.isEmpty()) {
      answer = get(issuer, base.resolve(path + WELL_KNOWN).toString());
    }
    if (answer.status() != 200) {
      throw misconfigured("ssf-configuration: status " + answer.status());
    }
    JsonNode described = json(answer.body(), "ssf-configuration");
    if (!issuer.equals(described.path("issuer").asText())) {
      throw misconfigured(
          "ssf-configuration names issuer %s (expected: %s)"
              .formatted(described.path("issuer").asText(), issuer));
    }
    return described;
  }

  private Outbound.Answer get(String issuer, String url) throws SignInException {
    return outbound.send(Outbound.Request.get(address(url), privates.isAllowed(issuer, url)));
  }

  /** Asks with the stream's own proof; once more with a new one if that is refused. */
  Outbound.Answer post(SignalStream stream, String url, Map<String, ?> body)
      throws SignInException {
    Outbound.Answer answer = postOnce(stream, url, body);
    if (answer.status() == 401 && forget(stream.name())) {
      answer = postOnce(stream, url, body);
    }
    return answer;
  }

  private Outbound.Answer postOnce(SignalStream stream, String url, Map<String, ?> body)
      throws SignInException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("Accept", "application/json");
    Optional<String> proof = proof(stream);
    proof.ifPresent(token -> headers.put("Authorization", "Bearer " + token));
    try {
      return outbound.send(
          new Outbound.Request(
              "POST",
              address(url),
              headers,
              JSON.writeValueAsString(body),
              privates.isAllowed(stream.issuer(), url)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON value", e);
    }
  }

  private Optional<String> proof(SignalStream stream) throws SignInException {
    return switch (stream.access()) {
      case SignalStream.Access.None() -> Optional.empty();
      case SignalStream.Access.Bearer() -> streams.secret(stream.name());
      case SignalStream.Access.Client client -> Optional.of(accessToken(stream, client));
    };
  }

  private synchronized boolean forget(String stream) {
    return tokens.remove(stream) != null;
  }

  private synchronized Optional<String> known(String stream) {
    return Optional.ofNullable(tokens.get(stream))
        .filter(each -> clock.instant().isBefore(each.until()))
        .map(AccessToken::value);
  }

  private synchronized void keep(String stream, AccessToken token) {
    tokens.values().removeIf(each -> !clock.instant().isBefore(each.until()));
    tokens.put(stream, token);
  }

  private String accessToken(SignalStream stream, SignalStream.Access.Client client)
      throws SignInException {
    Optional<String> there = known(stream.name());
    if (there.isPresent()) {
      return there.get();
    }
    String secret = streams.secret(stream.name()).orElse("");
    // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
    String basic =
        Base64.getEncoder()
            .encodeToString(
                (encode(client.clientId()) + ":" + encode(secret))
                    .getBytes(StandardCharsets.UTF_8));
    Outbound.Answer answer =
        outbound.send(
            new Outbound.Request(
                "POST",
                address(client.tokenUrl()),
                Map.of(
                    "Content-Type", "application/x-www-form-urlencoded",
                    "Accept", "application/json",
                    "Authorization", "Basic " + basic),
                "grant_type=client_credentials",
                privates.isAllowed(stream.issuer(), client.tokenUrl())));
    String token =
        answer.status() == 200 ? json(answer.body(), "token").path("access_token").asText("") : "";
    if (token.isEmpty()) {
      throw new SignInException(
          SignInFault.PROVIDER_UNREACHABLE, "no access token: status " + answer.status());
    }
    long seconds =
        Math.min(TOKEN_SECONDS_MAX, json(answer.body(), "token").path("expires_in").asLong(60));
    keep(
        stream.name(),
        new AccessToken(
            token, clock.instant().plusSeconds(Math.max(1, seconds - TOKEN_MARGIN_SECONDS))));
    return token;
  }

  static JsonNode json(String text, String what) throws SignInException {
    try {
      JsonNode node = JSON.readTree(text);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new SignInException(SignInFault.PROVIDER_MISCONFIGURED, what + " is not JSON", e);
    }
    throw misconfigured(what + " is not an object");
  }

  private static URI address(String url) throws SignInException {
    try {
      return URI.create(url);
    } catch (IllegalArgumentException e) {
      throw misconfigured("not an address");
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static SignInException misconfigured(String detail) {
    return new SignInException(SignInFault.PROVIDER_MISCONFIGURED, detail);
  }
}
