package org.postern.broker.signin.oidc;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.SignedJWT;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Set;

/**
 * Ed25519 signatures (RFC 8037, RFC 8032) by the JDK: the library that judges the other algorithms
 * needs yet another one for these.
 */
final class EdDsa {
  static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519);
  private static final int KEY_BYTES = 32;
  private static final int SIGNATURE_BYTES = 64;

  private EdDsa() {}

  static boolean is(SignedJWT token) {
    return ALGORITHMS.contains(token.getHeader().getAlgorithm());
  }

  /** Whether a key of the source has signed it. */
  static boolean isSigned(SignedJWT token, JWKSource<SecurityContext> keys)
      throws KeySourceException {
    JWSHeader header = token.getHeader();
    if (header.getCriticalParams() != null && !header.getCriticalParams().isEmpty()) {
      return false;
    }
    JWKMatcher matcher =
        new JWKMatcher.Builder()
            .keyType(KeyType.OKP)
            .curve(Curve.Ed25519)
            .keyID(header.getKeyID())
            .build();
    for (JWK key : keys.get(new JWKSelector(matcher), null)) {
      if (key instanceof OctetKeyPair pair
          && (key.getKeyUse() == null
              || key.getKeyUse().equals(com.nimbusds.jose.jwk.KeyUse.SIGNATURE))
          && isSigned(token, pair)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSigned(SignedJWT token, OctetKeyPair key) {
    byte[] signature = token.getSignature().decode();
    if (signature.length != SIGNATURE_BYTES) {
      return false;
    }
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(publicKey(key.getDecodedX()));
      verifier.update(token.getSigningInput());
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Little endian; the highest bit is the sign of x (RFC 8032 section 5.1.2). */
  private static PublicKey publicKey(byte[] encoded) throws GeneralSecurityException {
    if (encoded.length != KEY_BYTES) {
      throw new GeneralSecurityException("not an Ed25519 key");
    }
    byte[] bigEndian = new byte[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++) {
      bigEndian[i] = encoded[KEY_BYTES - 1 - i];
    }
    boolean xIsOdd = (bigEndian[0] & 0x80) != 0;
    bigEndian[0] &= 0x7f;
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(
            new EdECPublicKeySpec(
                NamedParameterSpec.ED25519, new EdECPoint(xIsOdd, new BigInteger(1, bigEndian))));
  }
}
