package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jwt.JWTClaimsSet;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.broker.signin.Asserted;
import org.postern.broker.signin.Mapping;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.broker.signin.SignInLimits;
import org.postern.policystore.Authentication;
import org.postern.policystore.EmailAddress;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.OpenIdConnect;
import org.postern.policystore.SessionRecord.SignInMethod;

/**
 * The one path on which an ID token is judged (OpenID Connect Core 1.0 section 3.1.3.7); no step of
 * it is optional. The key comes from the provider's key set and from nowhere else: what a token's
 * header says about keys ({@code jwk}, {@code jku}, {@code x5u}) is not looked at, and algorithms
 * with a shared secret, or none, are not known here. Safe on any thread.
 */
final class IdTokenCheck {
  private static final String LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";
  private static final Set<JOSEObjectType> TYPES =
      Set.of(JOSEObjectType.JWT, new JOSEObjectType("logout+jwt"));

  private final IdentityProvider provider;
  private final OpenIdConnect openId;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final SignedTokens signed;

  /** Anybody may send one. */
  private final SignedTokens signOuts;

  IdTokenCheck(
      IdentityProvider provider,
      OpenIdConnect openId,
      ProviderKeys keys,
      SignInLimits limits,
      InstantSource clock) {
    this.provider = provider;
    this.openId = openId;
    this.limits = limits;
    this.clock = clock;
    this.signed = new SignedTokens(keys, TYPES, true);
    this.signOuts = new SignedTokens(keys.forAnotherDoor(clock), TYPES, true);
  }

  /**
   * What the token says, when every check holds.
   *
   * @param nonce of the sign-in that this token must belong to
   */
  Asserted check(String token, String nonce) throws SignInException {
    return person(claims(token, nonce));
  }

  /** What it says, when every check holds, not yet taken over. */
  JWTClaimsSet claims(String token, String nonce) throws SignInException {
    JWTClaimsSet claims = signed.verify(token);
    try {
      checkIssuer(claims);
      checkAudience(claims);
      checkTime(claims);
      checkFresh(claims);
      checkNonce(claims, nonce);
      return claims;
    } catch (ParseException e) {
      throw wrongType(e);
    }
  }

  /** Who it is, by claims that were judged. */
  Asserted person(JWTClaimsSet claims) throws SignInException {
    try {
      return read(claims);
    } catch (ParseException e) {
      throw wrongType(e);
    }
  }

  private static SignInException wrongType(ParseException e) {
    return new SignInException(
        SignInFault.TOKEN_UNREADABLE, "a claim has the wrong type: " + e.getMessage(), e);
  }

  /**
   * What a logout token says (OpenID Connect Back-Channel Logout 1.0 section 2.6), when every check
   * holds.
   */
  LogoutToken checkLogout(String token) throws SignInException {
    JWTClaimsSet claims = signOuts.verify(token);
    try {
      checkIssuer(claims);
      checkAudience(claims);
      checkTime(claims);
      checkFresh(claims);
      String subject = claims.getSubject();
      String session = claims.getStringClaim("sid");
      boolean event =
          claims.getClaim("events") instanceof Map<?, ?> events
              && events.get(LOGOUT_EVENT) instanceof Map<?, ?>;
      boolean named =
          (subject != null && !subject.isBlank()) || (session != null && !session.isBlank());
      String id = claims.getJWTID();
      if (!event || !named || claims.getClaim("nonce") != null || id == null) {
        throw new SignInException(
            SignInFault.SIGN_OUT_INVALID,
            "not a logout token (expected: events, sub or sid, jti, no nonce)");
      }
      return new LogoutToken(
          id,
          subject == null ? "" : subject,
          session == null ? "" : session,
          claims.getExpirationTime().toInstant());
    } catch (ParseException e) {
      throw wrongType(e);
    }
  }

  /** The provider's word that a session is over. */
  record LogoutToken(String id, String subject, String session, Instant expires) {}

  private void checkIssuer(JWTClaimsSet claims) throws SignInException {
    if (!openId.issuer().equals(claims.getIssuer())) {
      throw new SignInException(
          SignInFault.TOKEN_ISSUER,
          "iss is %s (expected: %s)".formatted(claims.getIssuer(), openId.issuer()));
    }
  }

  private void checkAudience(JWTClaimsSet claims) throws SignInException, ParseException {
    List<String> audience = claims.getAudience();
    String authorized = claims.getStringClaim("azp");
    boolean named = audience.contains(openId.clientId());
    boolean ours = authorized == null ? audience.size() == 1 : authorized.equals(openId.clientId());
    if (!named || !ours) {
      throw new SignInException(
          SignInFault.TOKEN_AUDIENCE,
          "aud is %s, azp is %s (expected: %s)".formatted(audience, authorized, openId.clientId()));
    }
  }

  private void checkTime(JWTClaimsSet claims) throws SignInException {
    Instant now = clock.instant();
    Date expires = claims.getExpirationTime();
    Date issued = claims.getIssueTime();
    Date notBefore = claims.getNotBeforeTime();
    boolean fits =
        expires != null
            && now.isBefore(expires.toInstant().plus(limits.clockSkew()))
            && issued != null
            && !now.plus(limits.clockSkew()).isBefore(issued.toInstant())
            && (notBefore == null || !now.plus(limits.clockSkew()).isBefore(notBefore.toInstant()));
    if (!fits) {
      throw new SignInException(
          SignInFault.TOKEN_TIME,
          "exp is %s, iat is %s, nbf is %s, it is %s".formatted(expires, issued, notBefore, now));
    }
  }

  /** It was made for this sign-in, which cannot be older than a sign-in may be. */
  private void checkFresh(JWTClaimsSet claims) throws SignInException {
    Instant oldest = clock.instant().minus(limits.signInAge()).minus(limits.clockSkew());
    if (claims.getIssueTime().toInstant().isBefore(oldest)) {
      throw new SignInException(
          SignInFault.TOKEN_TIME,
          "iat is %s (expected: after %s)".formatted(claims.getIssueTime(), oldest));
    }
  }

  private static void checkNonce(JWTClaimsSet claims, String nonce)
      throws SignInException, ParseException {
    String claimed = claims.getStringClaim("nonce");
    if (claimed == null || !same(claimed, nonce)) {
      throw new SignInException(SignInFault.TOKEN_NONCE, "nonce is not this sign-in's");
    }
  }

  /** Takes the same time wherever two texts of one length differ. */
  static boolean same(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private Asserted read(JWTClaimsSet claims) throws SignInException, ParseException {
    String subject = claims.getSubject();
    if (subject == null || subject.isBlank() || subject.length() > limits.textMax()) {
      throw new SignInException(SignInFault.TOKEN_SUBJECT, "sub is missing, empty or too long");
    }
    checkOverage(claims);
    String name = claims.getStringClaim("name");
    if (name == null || name.isBlank()) {
      name = claims.getStringClaim("preferred_username");
    }
    Map<String, List<String>> said = ClaimTexts.of(claims.getClaims());
    return new Asserted(
        new Mapping(provider, limits)
            .person(subject, email(claims), name == null ? "" : name, said),
        authentication(claims),
        said);
  }

  /**
   * Entra ID leaves groups out when there are more than 200 and says so by pointing elsewhere; to
   * go on would be to cut them silently.
   */
  private void checkOverage(JWTClaimsSet claims) throws SignInException {
    boolean elsewhere =
        claims.getClaim("_claim_names") instanceof Map<?, ?> names
            && names.containsKey(provider.attributes().groups());
    boolean left = "true".equals(String.valueOf(claims.getClaim("hasgroups")));
    if (elsewhere || (left && claims.getClaim(provider.attributes().groups()) == null)) {
      throw new SignInException(
          SignInFault.GROUPS_OVERAGE, "the provider left the groups out of the token (overage)");
    }
  }

  private static Authentication authentication(JWTClaimsSet claims) throws ParseException {
    String context = claims.getStringClaim("acr");
    List<String> methods = ClaimTexts.of(claims.getClaims()).getOrDefault("amr", List.of());
    Date at = claims.getDateClaim("auth_time");
    String session = claims.getStringClaim("sid");
    return new Authentication(
        new SignInMethod(context == null ? "" : context, methods),
        at == null ? null : at.toInstant(),
        session == null ? "" : session);
  }

  /**
   * An address counts when the provider says that it verified it, or when it says nothing and the
   * administrator has given the address's domain to this provider.
   */
  private String email(JWTClaimsSet claims) throws ParseException {
    String email = claims.getStringClaim("email");
    String address = EmailAddress.of(email == null ? "" : email, limits.textMax());
    Object verified = claims.getClaim("email_verified");
    boolean counts =
        verified == null
            ? provider.domains().contains(EmailAddress.domain(address))
            : "true".equals(verified.toString());
    return counts ? address : "";
  }
}
