package org.postern.broker;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/**
 * An OpenID Connect provider on loopback that does what a test tells it to. It signs everybody in
 * as Alice unless told otherwise.
 */
public final class TestProvider implements AutoCloseable {
  /** The client that it knows. */
  public static final String CLIENT = "postern-test";

  /** Where it describes itself. */
  public static final String DISCOVERY = "/.well-known/openid-configuration";

  private final HttpServer server;
  private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
  private final java.util.function.Supplier<Instant> now;
  private volatile RSAKey key;
  private volatile String userInfo = "{}";
  private volatile String redirect = "";

  /** What it answers at a path instead of what it should. */
  public record Misbehaviour(int status, String body) {}

  private final Map<String, Misbehaviour> misbehaviours = new ConcurrentHashMap<>();
  private volatile UnaryOperator<JWTClaimsSet.Builder> claims = each -> each;

  /** Starts it. */
  public TestProvider(java.util.function.Supplier<Instant> now) throws IOException, JOSEException {
    this.now = now;
    this.key = new RSAKeyGenerator(2048).keyID("first").generate();
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    serve(DISCOVERY, this::discovery);
    serve("/keys", this::keys);
    serve("/authorize", this::authorize);
    serve("/token", this::token);
    server.createContext("/userinfo", each -> answer(each, 200, userInfo));
    server.start();
  }

  /** Its issuer URL. */
  public String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Changes the claims of every later token. */
  public void claims(UnaryOperator<JWTClaimsSet.Builder> change) {
    this.claims = change;
  }

  /**
   * The redirect URI that is registered; any if empty. For others it has a page, with status 200.
   */
  public void knows(String redirectUri) {
    this.redirect = redirectUri;
  }

  /** What the UserInfo endpoint says of everybody, in JSON. */
  public void userInfo(String json) {
    this.userInfo = json;
  }

  /** Signs with another key from now on, and shows only that one. */
  public void rotate(String keyId) throws JOSEException {
    key = new RSAKeyGenerator(2048).keyID(keyId).generate();
  }

  /** Answers so from now on; the status 0 takes it back. */
  public void misbehave(String path, int status, String body) {
    if (status == 0) {
      misbehaviours.remove(path);
    } else {
      misbehaviours.put(path, new Misbehaviour(status, body.replace("ISSUER", issuer())));
    }
  }

  private void serve(String path, HttpHandler well) {
    server.createContext(
        path,
        exchange -> {
          Misbehaviour instead = misbehaviours.get(path);
          if (instead == null) {
            well.handle(exchange);
          } else {
            answer(exchange, instead.status(), instead.body());
          }
        });
  }

  private void discovery(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        200,
        """
        {"issuer":"%1$s","authorization_endpoint":"%1$s/authorize","token_endpoint":"%1$s/token",
         "jwks_uri":"%1$s/keys","end_session_endpoint":"%1$s/end","response_types_supported":["code"],
         "userinfo_endpoint":"%1$s/userinfo",
         "subject_types_supported":["public"],
         "id_token_signing_alg_values_supported":["RS256"]}\
        """
            .formatted(issuer()));
  }

  private void keys(HttpExchange exchange) throws IOException {
    answer(exchange, 200, new JWKSet(key.toPublicJWK()).toString());
  }

  /** Signs in without asking and sends the browser back. */
  private void authorize(HttpExchange exchange) throws IOException {
    Map<String, String> query = parameters(exchange.getRequestURI().getRawQuery());
    if (!redirect.isEmpty() && !redirect.equals(query.get("redirect_uri"))) {
      answer(
          exchange,
          200,
          "<h1>Sorry</h1><p>Nothing is known of the redirect URI %s</p><i>%s</i>"
              .formatted(query.get("redirect_uri"), System.identityHashCode(exchange)));
      return;
    }
    String code = "code-" + codes.size();
    codes.put(code, query);
    exchange
        .getResponseHeaders()
        .set(
            "Location",
            query.get("redirect_uri") + "?code=" + code + "&state=" + query.get("state"));
    answer(exchange, 302, "");
  }

  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> form =
        parameters(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    Map<String, String> begun = codes.remove(form.get("code"));
    if (begun == null || form.get("code_verifier") == null) {
      answer(exchange, 400, "{\"error\":\"invalid_grant\"}");
      return;
    }
    try {
      answer(
          exchange,
          200,
          "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}"
              .formatted(idToken(begun.getOrDefault("nonce", ""))));
    } catch (JOSEException e) {
      throw new IOException(e);
    }
  }

  private String idToken(String nonce) throws JOSEException {
    Instant time = now.get();
    JWTClaimsSet.Builder builder =
        new JWTClaimsSet.Builder()
            .issuer(issuer())
            .audience(CLIENT)
            .subject("alice")
            .claim("nonce", nonce)
            .claim("email", "Alice@Example.com")
            .claim("email_verified", true)
            .claim("name", "Alice <Example>")
            .claim("groups", List.of("staff"))
            .issueTime(Date.from(time))
            .expirationTime(Date.from(time.plusSeconds(300)));
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
            claims.apply(builder).build());
    jwt.sign(new RSASSASigner(key));
    return jwt.serialize();
  }

  /** Its word that a session is over (OpenID Connect Back-Channel Logout 1.0). */
  public String logoutToken(String session) throws JOSEException {
    Instant time = now.get();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID(key.getKeyID())
                .type(new JOSEObjectType("logout+jwt"))
                .build(),
            new JWTClaimsSet.Builder()
                .issuer(issuer())
                .audience(CLIENT)
                .jwtID("out-" + session)
                .claim("sid", session)
                .claim(
                    "events",
                    Map.of("http://schemas.openid.net/event/backchannel-logout", Map.of()))
                .issueTime(Date.from(time))
                .expirationTime(Date.from(time.plusSeconds(120)))
                .build());
    jwt.sign(new RSASSASigner(key));
    return jwt.serialize();
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> found = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      found.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return found;
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
