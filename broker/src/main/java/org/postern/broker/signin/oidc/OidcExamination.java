package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.jdbc.StoreException;

/** Walks through an OpenID Connect provider and says what it finds. */
final class OidcExamination {
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
      proof(metadata);
      clock(metadata.getJWKSetURI());
    } catch (SignInException e) {
      add(
          Grade.WRONG,
          "discovery",
          e.fault().title() + ": " + e.getMessage() + ". " + e.fault().advice());
    }
    return findings;
  }

  private void add(Grade grade, String what, String text) {
    findings.add(new Finding(grade, what, text));
  }

  private void endpoints(OIDCProviderMetadata metadata) {
    add(Grade.GOOD, "redirect", "register this redirect URI there, exactly: " + client.callback());
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
          count + " keys at " + metadata.getJWKSetURI());
    } catch (KeySourceException e) {
      add(Grade.WRONG, "keys", String.valueOf(e.getMessage()));
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
                + " (expected: one of RS, PS, ES with SHA-2, or EdDSA)");
  }

  private void proof(OIDCProviderMetadata metadata) {
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
              : "does not accept private_key_jwt (it accepts " + methods + ")");
      return;
    }
    try {
      boolean there = client.own().secret().read().isPresent();
      add(Grade.GOOD, "client secret", there ? "there is one" : "none: a public client with PKCE");
    } catch (StoreException e) {
      add(Grade.WRONG, "client secret", String.valueOf(e.getMessage()));
    }
  }

  private void clock(URI keys) {
    try {
      Outbound.Answer answer =
          client
              .settings()
              .outbound()
              .send(Outbound.Request.get(keys, client.own().privateAllowed()));
      if (answer.date().isEmpty()) {
        add(Grade.WARNING, "clock", "its answers carry no date to compare with");
        return;
      }
      Instant theirs =
          ZonedDateTime.parse(answer.date(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration off = Duration.between(client.settings().clock().instant(), theirs).abs();
      boolean near = off.compareTo(client.settings().limits().clockSkew()) <= 0;
      add(
          near ? Grade.GOOD : Grade.WRONG,
          "clock",
          near
              ? "within " + client.settings().limits().clockSkew().toSeconds() + " s of ours"
              : "off by %d s (at most %d)"
                  .formatted(off.toSeconds(), client.settings().limits().clockSkew().toSeconds()));
    } catch (SignInException | DateTimeParseException e) {
      add(Grade.WARNING, "clock", "cannot be compared: " + e.getMessage());
    }
  }
}
