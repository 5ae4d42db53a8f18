package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.postern.broker.signin.ClockFinding;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.jdbc.StoreException;

/** Walks through an OpenID Connect provider and says what it finds. */
final class OidcExamination {
  static final String MADE_UP = "postern-idp-test";

  /** As long as one has to be. */
  static final String MADE_UP_VERIFIER = MADE_UP.repeat(3);

  private final OidcProvider client;
  private final List<Finding> findings = new ArrayList<>();

  OidcExamination(OidcProvider client) {
    this.client = client;
  }

  List<Finding> run() {
    try {
      OIDCProviderMetadata metadata = client.readMetadata();
      add(Grade.GOOD, "discovery", "issuer " + metadata.getIssuer() + " describes itself");
      endpoints(metadata);
      keys(metadata);
      algorithms(metadata);
      userInfo(metadata);
      if (proof(metadata)) {
        tryProof(metadata);
      }
      findings.add(new RedirectTrial(client, metadata).finding());
      clock(metadata.getJWKSetURI());
    } catch (SignInException e) {
      add(Grade.WRONG, "discovery", e.forAdministrator());
    }
    return findings;
  }

  private void userInfo(OIDCProviderMetadata metadata) {
    if (client.openId().userInfo()) {
      boolean there = metadata.getUserInfoEndpointURI() != null;
      add(
          there ? Grade.GOOD : Grade.WRONG,
          "userinfo",
          there
              ? "claims that the ID token lacks are read at " + metadata.getUserInfoEndpointURI()
              : "userInfo is true, but discovery names no userinfo_endpoint. Leave userInfo out,"
                  + " and let the provider put the claims into the ID token.");
    }
  }

  /** A code that nobody gave out must be what it refuses, and not our proof. */
  private void tryProof(OIDCProviderMetadata metadata) {
    try {
      String error = client.redemption().errorFor(metadata, MADE_UP, MADE_UP_VERIFIER);
      switch (error) {
        case "invalid_grant" ->
            add(Grade.GOOD, "proof", "accepted: of a made-up code it refuses the code alone");
        case "invalid_client", "unauthorized_client", "status 401" ->
            add(
                Grade.WRONG,
                "proof",
                "the provider refuses %s (%s). %s"
                    .formatted(
                        switch (client.openId().secret()) {
                          case ClientSecret.OwnKey key -> "our key";
                          case ClientSecret.None none -> "a client without a secret";
                          default -> "the client id or its secret";
                        },
                        error,
                        client.openId().secret() instanceof ClientSecret.OwnKey
                            ? "Give it our keys, and check clientId and its clock: "
                                + client.own().publicUrl().resolve(OidcDoor.KEYS)
                            : "Copy clientId and clientSecret again from there; the secret may have"
                                + " been renewed or have run out."));
        default ->
            add(
                Grade.WARNING,
                "proof",
                "not known whether it is accepted: a made-up code was answered with " + error);
      }
    } catch (SignInException e) {
      add(Grade.WRONG, "proof", "token endpoint: " + e.forAdministrator());
    }
  }

  private void add(Grade grade, String what, String text) {
    findings.add(new Finding(grade, what, text));
  }

  private void endpoints(OIDCProviderMetadata metadata) {
    if (metadata.getEndSessionEndpointURI() == null) {
      add(
          Grade.WARNING,
          "sign-out",
          "no end_session_endpoint: signing out here does not sign out there");
    }
    if (!metadata.supportsAuthorizationResponseIssuerParam()) {
      add(
          Grade.WARNING,
          "iss parameter",
          "responses do not say who they are from (RFC 9207): mix-up is only found by the token");
    }
    if (metadata.getCodeChallengeMethods() == null) {
      add(Grade.WARNING, "proof key", "does not say that it knows PKCE; it is sent all the same");
    }
  }

  private void keys(OIDCProviderMetadata metadata) {
    try {
      ProviderKeys keys =
          new ProviderKeys(
              client.settings().outbound(),
              metadata.getJWKSetURI(),
              client.own().privateAllowed(),
              client.settings().limits(),
              client.settings().clock());
      int count = keys.count();
      add(
          count > 0 ? Grade.GOOD : Grade.WRONG,
          "keys",
          count > 0
              ? count + " keys at " + metadata.getJWKSetURI()
              : "no key at %s. The provider must publish the key that signs its ID tokens."
                  .formatted(metadata.getJWKSetURI()));
    } catch (SignInException e) {
      add(Grade.WRONG, "keys", e.forAdministrator());
    }
  }

  private void algorithms(OIDCProviderMetadata metadata) {
    List<JWSAlgorithm> theirs = metadata.getIDTokenJWSAlgs();
    boolean common = theirs != null && theirs.stream().anyMatch(SignedTokens::isAllowed);
    add(
        common ? Grade.GOOD : Grade.WRONG,
        "algorithms",
        common
            ? "signs ID tokens with " + theirs.stream().filter(SignedTokens::isAllowed).toList()
            : "signs ID tokens only with "
                + theirs
                + " (expected: one of RS, PS, ES with SHA-2, or EdDSA). Choose such an algorithm"
                + " for this client there.");
  }

  /** Whether it is there to be tried. */
  private boolean proof(OIDCProviderMetadata metadata) {
    ClientSecret secret = client.openId().secret();
    List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
    if (secret instanceof ClientSecret.OwnKey) {
      boolean known =
          methods != null && methods.contains(ClientAuthenticationMethod.PRIVATE_KEY_JWT);
      add(
          known ? Grade.GOOD : Grade.WRONG,
          "client key",
          known
              ? "give it our keys: " + client.own().publicUrl().resolve(OidcDoor.KEYS)
              : "does not accept private_key_jwt (it accepts %s). Allow it there, or use clientSecret."
                  .formatted(methods));
      return known;
    }
    try {
      boolean there = client.own().secret().read().isPresent();
      add(Grade.GOOD, "client secret", there ? "there is one" : "none: a public client with PKCE");
      return true;
    } catch (StoreException e) {
      add(Grade.WRONG, "client secret", String.valueOf(e.getMessage()));
      return false;
    }
  }

  private void clock(URI keys) {
    try {
      Outbound.Answer answer =
          client
              .settings()
              .outbound()
              .send(Outbound.Request.get(keys, client.own().privateAllowed()));
      findings.add(
          ClockFinding.of(
              answer.date(),
              client.settings().clock().instant(),
              client.settings().limits().clockSkew()));
    } catch (SignInException e) {
      add(Grade.WARNING, "clock", "cannot be compared: " + e.getMessage());
    }
  }
}
