package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.IdentityProvider.OpenIdConnect;

/**
 * Claims that an ID token lacks, from the UserInfo endpoint (OpenID Connect Core 1.0 section 5.3).
 * What the ID token says holds; only what it leaves out is added, and nothing that says how, when
 * or to whom it was issued. Plain or signed; an encrypted answer is refused. Blocking; safe on any
 * thread.
 */
final class UserInfo {
  private static final Set<JOSEObjectType> TYPES = Set.of(JOSEObjectType.JWT);
  private static final int ENCRYPTED_PARTS = 5;

  /** Facts about a token, a sign-in or a session, which only the ID token tells. */
  private static final Set<String> ID_TOKEN_ONLY =
      Set.of(
          "iss",
          "sub",
          "aud",
          "azp",
          "exp",
          "iat",
          "nbf",
          "jti",
          "nonce",
          "acr",
          "amr",
          "auth_time",
          "sid",
          "at_hash",
          "c_hash",
          "events",
          "_claim_names",
          "_claim_sources");

  private final Outbound outbound;
  private final boolean privateAllowed;
  private final OpenIdConnect openId;
  private final SignedTokens signed;

  UserInfo(Outbound outbound, boolean privateAllowed, OpenIdConnect openId, ProviderKeys keys) {
    this.outbound = outbound;
    this.privateAllowed = privateAllowed;
    this.openId = openId;
    this.signed = new SignedTokens(keys, TYPES, true);
  }

  /**
   * The ID token's claims, and what it lacks.
   *
   * @param idToken of a token that was judged
   * @param endpoint null when discovery names none
   * @param accessToken that came with the ID token; null when none did
   */
  JWTClaimsSet complete(JWTClaimsSet idToken, @Nullable URI endpoint, @Nullable String accessToken)
      throws SignInException {
    if (endpoint == null) {
      throw new SignInException(
          SignInFault.PROVIDER_MISCONFIGURED,
          "userInfo is true, but discovery names no userinfo_endpoint");
    }
    if (accessToken == null) {
      throw new SignInException(
          SignInFault.USER_INFO, "the token response has no access token of type Bearer");
    }
    Map<String, Object> said = said(ask(endpoint, accessToken));
    if (!(said.get("sub") instanceof String subject)
        || !IdTokenCheck.same(subject, String.valueOf(idToken.getSubject()))) {
      throw new SignInException(
          SignInFault.USER_INFO_SUBJECT, "sub is missing or not the ID token's");
    }
    JWTClaimsSet.Builder both = new JWTClaimsSet.Builder(idToken);
    // Whether an address is verified is a word on that address and on no other.
    boolean addressKnown = idToken.getClaim("email") != null;
    if (!addressKnown) {
      both.claim("email_verified", null);
    }
    said.forEach((name, value) -> {
      boolean lacking =
          name.equals("email_verified") ? !addressKnown : idToken.getClaim(name) == null;
      if (lacking && !ID_TOKEN_ONLY.contains(name)) {
        both.claim(name, value);
      }
    });
    return both.build();
  }

  private Outbound.Answer ask(URI endpoint, String accessToken) throws SignInException {
    Outbound.Answer answer =
        outbound.send(
            new Outbound.Request(
                "GET",
                endpoint,
                Map.of(
                    "Accept",
                    "application/json, application/jwt",
                    "Authorization",
                    "Bearer " + accessToken),
                "",
                privateAllowed));
    if (answer.status() != 200) {
      throw new SignInException(SignInFault.USER_INFO, "userinfo: status " + answer.status());
    }
    return answer;
  }

  private Map<String, Object> said(Outbound.Answer answer) throws SignInException {
    String type = answer.contentType().toLowerCase(Locale.ROOT).replaceFirst(";.*", "").strip();
    return switch (type) {
      case "application/json" -> JsonOnce.object(answer.body(), "userinfo");
      case "application/jwt" -> signed(answer.body().strip());
      default ->
          throw new SignInException(
              SignInFault.USER_INFO,
              "userinfo is of type %s (expected: application/json or application/jwt)"
                  .formatted(type.isEmpty() ? "nothing" : type));
    };
  }

  private Map<String, Object> signed(String token) throws SignInException {
    if (token.split("\\.", -1).length == ENCRYPTED_PARTS) {
      throw new SignInException(
          SignInFault.USER_INFO,
          "userinfo is encrypted (expected: plain JSON, or a JWT that is signed only)");
    }
    JWTClaimsSet claims = signed.verify(token);
    List<String> audience = claims.getAudience();
    if (!openId.issuer().equals(claims.getIssuer()) || !audience.contains(openId.clientId())) {
      throw new SignInException(
          SignInFault.USER_INFO,
          "userinfo is signed with iss %s and aud %s (expected: %s and %s)"
              .formatted(claims.getIssuer(), audience, openId.issuer(), openId.clientId()));
    }
    return claims.getClaims();
  }
}
