package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;

/**
 * The first half of every token check: whoever holds one of the keys has signed exactly this. The
 * key comes from the key set and from nowhere else: what a token's header says about keys ({@code
 * jwk}, {@code jku}, {@code x5u}) is not looked at, and algorithms with a shared secret, or none,
 * are not known here. Safe on any thread.
 */
final class SignedTokens {
  private static final Set<JWSAlgorithm> ALGORITHMS =
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

  private static final List<String> READING_NAMES = List.of("crit", "b64", "zip");

  private final ProviderKeys keys;
  private final Set<JOSEObjectType> types;
  private final boolean typeMayBeMissing;
  private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();

  /**
   * With the keys of one issuer.
   *
   * @param types what the token may say it is
   * @param typeMayBeMissing a token that does not say what it is may be one of them
   */
  SignedTokens(ProviderKeys keys, Set<JOSEObjectType> types, boolean typeMayBeMissing) {
    this.keys = keys;
    this.types = Set.copyOf(types);
    this.typeMayBeMissing = typeMayBeMissing;
    signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    Set<JOSEObjectType> accepted = new HashSet<>(types);
    if (typeMayBeMissing) {
      accepted.add(null);
    }
    signatures.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(accepted));
    // The claims are judged by the caller, all of them, with our clock.
    signatures.setJWTClaimsSetVerifier((claims, context) -> {});
  }

  /** Whether tokens may be signed so. */
  static boolean isAllowed(JWSAlgorithm algorithm) {
    return ALGORITHMS.contains(algorithm) || EdDsa.ALGORITHMS.contains(algorithm);
  }

  /** The claims of a token that one of the keys has signed. */
  JWTClaimsSet verify(String token) throws SignInException {
    JsonOnce.check(token);
    try {
      JWT any = JWTParser.parse(token);
      checkTexts(token);
      if (any instanceof SignedJWT parsed && parsed.getHeader().getKeyID() == null) {
        return verifyWithoutName(parsed);
      }
      return verify(any);
    } catch (ParseException e) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "not a JWT", e);
    }
  }

  /**
   * What would change how the rest is read: no provider needs it, and not every reader minds it.
   */
  private static void checkTexts(String token) throws SignInException {
    String[] parts = token.split("\\.", 3);
    Map<String, Object> header = JsonOnce.object(decoded(parts[0]), "the header");
    for (String name : READING_NAMES) {
      if (header.containsKey(name)) {
        throw new SignInException(
            SignInFault.TOKEN_SIGNATURE, "the header has " + name + ", which is not taken");
      }
    }
    // The library makes a text of a number, and the same one of many large numbers.
    Object subject = JsonOnce.object(decoded(parts[1]), "the payload").get("sub");
    if (subject != null && !(subject instanceof String)) {
      throw new SignInException(SignInFault.TOKEN_UNREADABLE, "sub is no text");
    }
  }

  private static String decoded(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  /** It does not say by which key: when none fits, the one that does may be new. */
  private JWTClaimsSet verifyWithoutName(SignedJWT token) throws SignInException, ParseException {
    JWKSet seen = keys.current();
    try {
      return verify(token);
    } catch (SignInException e) {
      if (e.fault() != SignInFault.TOKEN_SIGNATURE
          || !isAllowed(token.getHeader().getAlgorithm())
          || !keys.areOthersThan(seen)) {
        throw e;
      }
      return verify(token);
    }
  }

  private JWTClaimsSet verify(JWT any) throws SignInException, ParseException {
    try {
      if (any instanceof SignedJWT parsed && EdDsa.is(parsed)) {
        JOSEObjectType type = parsed.getHeader().getType();
        boolean fits = type == null ? typeMayBeMissing : types.contains(type);
        if (!fits || !EdDsa.isSigned(parsed, keys)) {
          throw new SignInException(
              SignInFault.TOKEN_SIGNATURE, "no Ed25519 key of the provider has signed it");
        }
        return parsed.getJWTClaimsSet();
      }
      return signatures.process(any, null);
    } catch (BadJOSEException e) {
      throw new SignInException(SignInFault.TOKEN_SIGNATURE, String.valueOf(e.getMessage()), e);
    } catch (JOSEException e) {
      SignInFault fault =
          e.getCause() instanceof SignInException cause
              ? cause.fault()
              : SignInFault.PROVIDER_UNREACHABLE;
      throw new SignInException(fault, String.valueOf(e.getMessage()), e);
    }
  }
}
