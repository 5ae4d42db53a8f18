package org.postern.acceptance.bench.cutting;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;

/** A transmitter of security events (OpenID SSF): its published key, and tokens signed by it. */
final class EventSource implements AutoCloseable {
  static final String AUDIENCE = "https://postern.example/signals";
  private static final int KEY_BITS = 2048;

  private final HttpServer server;
  private final KeyPair key;

  EventSource() throws IOException, GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(KEY_BITS);
    key = generator.generateKeyPair();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/keys", this::keys);
    server.start();
  }

  String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String keysUrl() {
    return issuer() + "/keys";
  }

  private void keys(HttpExchange exchange) throws IOException {
    RSAPublicKey open = (RSAPublicKey) key.getPublic();
    byte[] body =
        """
        {"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"events","n":"%s","e":"%s"}]}
        """
            .formatted(number(open.getModulus()), number(open.getPublicExponent()))
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String number(BigInteger value) {
    byte[] bytes = value.toByteArray();
    int from = bytes[0] == 0 ? 1 : 0;
    return base64(java.util.Arrays.copyOfRange(bytes, from, bytes.length));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** CAEP session-revoked for a person of the transmitter. */
  String sessionRevoked(String subject) throws GeneralSecurityException {
    String claims =
        """
        {"iss":"%1$s","aud":"%2$s","jti":"%3$s","iat":%4$d,\
        "sub_id":{"format":"iss_sub","iss":"%1$s","sub":"%5$s"},\
        "events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{}}}\
        """
            .formatted(
                issuer(), AUDIENCE, UUID.randomUUID(), Instant.now().getEpochSecond(), subject);
    String signed =
        base64(
                "{\"alg\":\"RS256\",\"kid\":\"events\",\"typ\":\"secevent+jwt\"}"
                    .getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(claims.getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(key.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + base64(signature.sign());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
