package org.postern.broker.signin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.IdentityProvider;

/**
 * The one path on which an ID token is judged (OpenID Connect Core 1.0 section 3.1.3.7); no step of
 * it is optional. The key comes from the provider's key set and from nowhere else: what a token's
 * header says about keys ({@code jwk}, {@code jku}, {@code x5u}) is not looked at, and algorithms
 * with a shared secret, or none, are not known here. Safe on any thread.
 */
final class IdTokenCheck {
  static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final IdentityProvider provider;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();

  IdTokenCheck(
      IdentityProvider provider,
      JWKSource<SecurityContext> keys,
      SignInLimits limits,
      InstantSource clock) {
    this.provider = provider;
    this.limits = limits;
    this.clock = clock;
    signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    // The claims are judged below, all of them, with our clock.
    signatures.setJWTClaimsSetVerifier((claims, context) -> {});
  }

  /**
   * What the token says, when every check holds.
   *
   * @param nonce of the sign-in that this token must belong to
   */
  Claims check(String token, String nonce) throws SignInException {
    JWTClaimsSet claims = verifySignature(token);
    try {
      checkIssuer(claims);
      checkAudience(claims);
      checkTime(claims);
      checkNonce(claims, nonce);
      return read(claims);
    } catch (ParseException e) {
      throw new SignInException(
          SignInFault.TOKEN_UNREADABLE, "a claim has the wrong type: " + e.getMessage(), e);
    }
  }

  private JWTClaimsSet verifySignature(String token) throws SignInException {
    try {
      return signatures.process(token, null);
    } catch (ParseException e) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "not a JWT", e);
    } catch (BadJOSEException e) {
      throw new SignInException(SignInFault.TOKEN_SIGNATURE, String.valueOf(e.getMessage()), e);
    } catch (JOSEException e) {
      throw new SignInException(
          SignInFault.PROVIDER_UNREACHABLE, String.valueOf(e.getMessage()), e);
    }
  }

  private void checkIssuer(JWTClaimsSet claims) throws SignInException {
    if (!provider.issuer().equals(claims.getIssuer())) {
      throw new SignInException(
          SignInFault.TOKEN_ISSUER,
          "iss is %s (expected: %s)".formatted(claims.getIssuer(), provider.issuer()));
    }
  }

  private void checkAudience(JWTClaimsSet claims) throws SignInException, ParseException {
    List<String> audience = claims.getAudience();
    String authorized = claims.getStringClaim("azp");
    boolean named = audience.contains(provider.clientId());
    boolean ours =
        authorized == null ? audience.size() == 1 : authorized.equals(provider.clientId());
    if (!named || !ours) {
      throw new SignInException(
          SignInFault.TOKEN_AUDIENCE,
          "aud is %s, azp is %s (expected: %s)"
              .formatted(audience, authorized, provider.clientId()));
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

  private Claims read(JWTClaimsSet claims) throws SignInException, ParseException {
    String subject = claims.getSubject();
    if (subject == null || subject.isBlank() || subject.length() > limits.textMax()) {
      throw new SignInException(SignInFault.TOKEN_SUBJECT, "sub is missing, empty or too long");
    }
    String email = email(claims);
    String name = claims.getStringClaim("name");
    if (name == null || name.isBlank()) {
      name = claims.getStringClaim("preferred_username");
    }
    String shown = name == null || name.isBlank() ? (email.isEmpty() ? subject : email) : name;
    return new Claims(
        subject,
        email,
        shown.substring(0, Math.min(shown.length(), limits.textMax())),
        groups(claims.getClaim(provider.groupsClaim())));
  }

  /**
   * An address counts when the provider says that it verified it, or when it says nothing and the
   * administrator has given the address's domain to this provider.
   */
  private String email(JWTClaimsSet claims) throws ParseException {
    String email = claims.getStringClaim("email");
    if (email == null || email.length() > limits.textMax() || email.indexOf('@') < 1) {
      return "";
    }
    String lower = email.toLowerCase(Locale.ROOT);
    Object verified = claims.getClaim("email_verified");
    boolean counts =
        verified == null
            ? provider.domains().contains(lower.substring(lower.lastIndexOf('@') + 1))
            : "true".equals(verified.toString());
    return counts ? lower : "";
  }

  private List<String> groups(@Nullable Object claim) {
    List<String> groups = new ArrayList<>();
    List<?> listed =
        claim instanceof List<?> list ? list : claim == null ? List.of() : List.of(claim);
    for (Object each : listed) {
      if (each instanceof String group
          && !group.isBlank()
          && group.length() <= limits.textMax()
          && groups.size() < limits.groupsMax()) {
        groups.add(group);
      }
    }
    return groups;
  }
}
