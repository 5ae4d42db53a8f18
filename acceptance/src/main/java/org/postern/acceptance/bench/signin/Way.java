package org.postern.acceptance.bench.signin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.postern.acceptance.ground.provider.Visitor;

/** One way to sign in, whole. */
public enum Way {
  /** SAML through the broker, to the device's one-time code. */
  BROKER_SAML {
    @Override
    void signIn(SignInTrial.Place at, String person) throws Exception {
      Visitor visitor = at.visitor();
      Visitor.Page answer = typed(visitor, visitor.get(begin(at, "corp")), person);
      has(visitor.submit(answer, Map.of()), "code");
    }
  },
  /** OpenID Connect through the broker, to the device's one-time code. */
  BROKER_OIDC {
    @Override
    void signIn(SignInTrial.Place at, String person) throws Exception {
      Visitor visitor = at.visitor();
      has(typed(visitor, visitor.get(begin(at, "openid")), person), "code");
    }
  },
  /** SAML at the provider, by a client that believes every answer. */
  DIRECT_SAML {
    @Override
    void signIn(SignInTrial.Place at, String person) throws Exception {
      Visitor visitor = at.visitor();
      Visitor.Page answer = typed(visitor, visitor.get(authnRequest(at.keycloak())), person);
      if (!answer.fields().containsKey("SAMLResponse")) {
        throw new IOException(answer.status() + " " + answer.body());
      }
    }
  },
  /** OpenID Connect at the provider, to the token, by a client that believes every answer. */
  DIRECT_OIDC {
    @Override
    void signIn(SignInTrial.Place at, String person) throws Exception {
      Visitor visitor = at.visitor();
      URI begin =
          at.keycloak()
              .resolve(
                  "/realms/crowd/protocol/openid-connect/auth?response_type=code&scope=openid"
                      + "&client_id=direct&state=some-state&nonce=some-nonce&redirect_uri="
                      + encode(CALLBACK)
                      + "&code_challenge_method=S256&code_challenge="
                      + challenge());
      Visitor.Page back = typed(visitor, visitor.get(begin), person);
      redeem(at, has(back, "code"));
    }
  };

  private static final String VERIFIER = "v".repeat(43);
  private static final String CALLBACK = Visitor.DEVICE + "callback";

  abstract void signIn(SignInTrial.Place at, String person) throws Exception;

  /** Whose names begin so: a mail domain belongs to one provider. */
  String crowd() {
    return switch (this) {
      case BROKER_SAML, DIRECT_SAML -> "saml";
      case BROKER_OIDC, DIRECT_OIDC -> "oidc";
    };
  }

  private static Visitor.Page typed(Visitor visitor, Visitor.Page login, String person)
      throws Exception {
    return visitor.submit(login, Map.of("username", person, "password", "secret-of-" + person));
  }

  private static String has(Visitor.Page page, String parameter) throws IOException {
    String value = page.address().getRawQuery() == null ? "" : page.parameter(parameter);
    if (value.isEmpty()) {
      throw new IOException(page.address() + ": " + page.status() + " " + page.body());
    }
    return value;
  }

  private static URI begin(SignInTrial.Place at, String provider) {
    return at.broker()
        .resolve(
            "/signin/device?redirect_uri="
                + encode(CALLBACK)
                + "&state=device-state-1&device_name=laptop&code_challenge_method=S256"
                + "&code_challenge="
                + challenge()
                + "&provider="
                + provider);
  }

  private static void redeem(SignInTrial.Place at, String code) throws Exception {
    String form =
        "grant_type=authorization_code&client_id=direct&client_secret=direct-secret&code="
            + encode(code)
            + "&redirect_uri="
            + encode(CALLBACK)
            + "&code_verifier="
            + VERIFIER;
    HttpResponse<String> token =
        at.http()
            .send(
                HttpRequest.newBuilder(
                        at.keycloak().resolve("/realms/crowd/protocol/openid-connect/token"))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    if (!token.body().contains("id_token")) {
      throw new IOException(token.statusCode() + " " + token.body());
    }
  }

  /** By the redirect binding, not signed. */
  private static URI authnRequest(URI keycloak) throws IOException {
    URI target = keycloak.resolve("/realms/crowd/protocol/saml");
    String xml =
        """
        <samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" \
        xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_%s" Version="2.0" \
        IssueInstant="%s" Destination="%s" AssertionConsumerServiceURL="%sacs" \
        ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">\
        <saml:Issuer>direct-saml</saml:Issuer></samlp:AuthnRequest>\
        """
            .formatted(
                UUID.randomUUID(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                target,
                Visitor.DEVICE);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflated =
        new DeflaterOutputStream(bytes, new Deflater(Deflater.DEFAULT_COMPRESSION, true))) {
      deflated.write(xml.getBytes(StandardCharsets.UTF_8));
    }
    return URI.create(
        target + "?SAMLRequest=" + encode(Base64.getEncoder().encodeToString(bytes.toByteArray())));
  }

  private static String challenge() {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256")
                  .digest(VERIFIER.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
