package org.postern.broker;

import com.fasterxml.jackson.databind.JsonNode;
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
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A transmitter of security events on loopback (OpenID SSF) that does what a test tells it to. */
final class TestTransmitter implements AutoCloseable {
  static final String AUDIENCE = "https://postern.example/signals";
  static final String CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
  static final String RISC = "https://schemas.openid.net/secevent/risc/event-type/";
  static final String SSF = "https://schemas.openid.net/secevent/ssf/event-type/";

  volatile RSAKey key;

  /** Events that wait to be polled, by their ids. */
  final Map<String, String> waiting = Collections.synchronizedMap(new LinkedHashMap<>());

  final List<JsonNode> questions = new CopyOnWriteArrayList<>();
  final List<JsonNode> verifications = new CopyOnWriteArrayList<>();

  /** So many polls fail from now on. */
  final AtomicInteger failing = new AtomicInteger();

  private final AtomicInteger ids = new AtomicInteger();
  private final AtomicInteger tokens = new AtomicInteger();
  private final HttpServer server;
  private volatile String accessToken = "none yet";

  TestTransmitter() throws IOException, JOSEException {
    rotate("events");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/keys", each -> answer(each, 200, new JWKSet(key).toString(true)));
    server.createContext("/.well-known/ssf-configuration", this::describe);
    server.createContext("/token", this::token);
    server.createContext("/poll", this::poll);
    server.createContext("/verify", this::verify);
    server.start();
  }

  /** Signs with another key from now on, and shows only that one. */
  void rotate(String keyId) throws JOSEException {
    key = new RSAKeyGenerator(2048).keyID(keyId).generate();
  }

  String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String newId() {
    return "jti-" + ids.incrementAndGet();
  }

  /** An event as it should be, before it is signed. */
  JWTClaimsSet.Builder claims(String event, Map<String, ?> subject, Map<String, ?> payload) {
    return new JWTClaimsSet.Builder()
        .issuer(issuer())
        .audience(AUDIENCE)
        .jwtID(newId())
        .issueTime(Date.from(Instant.now()))
        .claim("sub_id", subject)
        .claim("events", Map.of(event, payload));
  }

  String event(String event, Map<String, ?> subject, Map<String, ?> payload) {
    return sign(claims(event, subject, payload).build());
  }

  String sign(JWTClaimsSet claims) {
    return sign(claims, "secevent+jwt", key);
  }

  static String sign(JWTClaimsSet claims, String type, RSAKey with) {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID(with.getKeyID())
                .type(new JOSEObjectType(type))
                .build(),
            claims);
    try {
      token.sign(new RSASSASigner(with));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return token.serialize();
  }

  Map<String, String> person(String subject) {
    return Map.of("format", "iss_sub", "iss", issuer(), "sub", subject);
  }

  static Map<String, Object> complex(Map<String, ?> parts) {
    Map<String, Object> subject = new LinkedHashMap<>();
    subject.put("format", "complex");
    subject.putAll(parts);
    return subject;
  }

  static Map<String, String> opaque(String id) {
    return Map.of("format", "opaque", "id", id);
  }

  /** Puts an event where it will be polled. */
  String offer(String event, Map<String, ?> subject, Map<String, ?> payload) {
    JWTClaimsSet claims = claims(event, subject, payload).build();
    waiting.put(claims.getJWTID(), sign(claims));
    return claims.getJWTID();
  }

  private void describe(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        200,
        """
        {"spec_version":"1_0","issuer":"%1$s","jwks_uri":"%1$s/keys",
         "verification_endpoint":"%1$s/verify"}
        """
            .formatted(issuer()));
  }

  private void token(HttpExchange exchange) throws IOException {
    String basic = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    String expected =
        "Basic "
            + java.util.Base64.getEncoder()
                .encodeToString("receiver:s3cret".getBytes(StandardCharsets.UTF_8));
    if (!basic.equals(expected)) {
      answer(exchange, 401, "{}");
      return;
    }
    accessToken = "at-" + tokens.incrementAndGet();
    answer(exchange, 200, "{\"access_token\":\"%s\",\"expires_in\":300}".formatted(accessToken));
  }

  private boolean isLetIn(HttpExchange exchange) {
    return ("Bearer " + accessToken).equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private void poll(HttpExchange exchange) throws IOException {
    JsonNode question = BrokerUnderTest.JSON.readTree(exchange.getRequestBody());
    if (!isLetIn(exchange)) {
      answer(exchange, 401, "{}");
      return;
    }
    questions.add(question);
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      answer(exchange, 500, "{}");
      return;
    }
    question.path("ack").forEach(each -> waiting.remove(each.asText()));
    question.path("setErrs").fieldNames().forEachRemaining(waiting::remove);
    Map<String, String> sets;
    synchronized (waiting) {
      sets = new LinkedHashMap<>(waiting);
    }
    answer(
        exchange,
        200,
        BrokerUnderTest.JSON.writeValueAsString(Map.of("sets", sets, "moreAvailable", false)));
  }

  /** Access tokens that were given are not good any more. */
  void forgetTokens() {
    accessToken = "another";
  }

  private void verify(HttpExchange exchange) throws IOException {
    JsonNode question = BrokerUnderTest.JSON.readTree(exchange.getRequestBody());
    if (!isLetIn(exchange)) {
      answer(exchange, 401, "{}");
      return;
    }
    verifications.add(question);
    offer(
        SSF + "verification",
        opaque(question.path("stream_id").asText()),
        Map.of("state", question.path("state").asText()));
    exchange.sendResponseHeaders(204, -1);
    exchange.close();
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
