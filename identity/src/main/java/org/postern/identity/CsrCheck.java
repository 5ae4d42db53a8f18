package org.postern.identity;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.postern.identity.CsrRefusedException.Reason;

/**
 * Takes the public key out of a certificate request (RFC 2986) after its owner proved to hold the
 * private one. Nothing else in a request is read. The bytes come from strangers.
 */
final class CsrCheck {
  private static final int P256_POINT_BYTES = 65;
  private static final byte UNCOMPRESSED = 4;

  private CsrCheck() {}

  static SubjectPublicKeyInfo provenKey(byte[] der) throws CsrRefusedException {
    if (der.length > IdentityLimits.MAX_CSR_BYTES) {
      throw new CsrRefusedException(
          Reason.TOO_LARGE,
          "certificate request has "
              + der.length
              + " bytes; expected at most "
              + IdentityLimits.MAX_CSR_BYTES);
    }
    CertificationRequest request = parse(der);
    SubjectPublicKeyInfo key =
        p256(request.getCertificationRequestInfo().getSubjectPublicKeyInfo());
    ASN1ObjectIdentifier algorithm = request.getSignatureAlgorithm().getAlgorithm();
    if (!algorithm.equals(X9ObjectIdentifiers.ecdsa_with_SHA256) || !isSignedBy(key, request)) {
      throw new CsrRefusedException(
          Reason.NO_PROOF_OF_POSSESSION,
          "certificate request is not signed by the key it names;"
              + " expected ECDSA with SHA-256 by that key");
    }
    return key;
  }

  private static CertificationRequest parse(byte[] der) throws CsrRefusedException {
    try {
      ASN1Primitive primitive = ASN1Primitive.fromByteArray(der);
      CertificationRequest request = CertificationRequest.getInstance(primitive);
      // One encoding only: what was signed must be what we read.
      if (request != null && Arrays.equals(request.getEncoded(ASN1Encoding.DER), der)) {
        return request;
      }
    } catch (IOException | RuntimeException e) {
      // Bouncy Castle reports damage with half a dozen unchecked types; all mean the same here.
      throw malformed();
    }
    throw malformed();
  }

  private static CsrRefusedException malformed() {
    return new CsrRefusedException(
        Reason.MALFORMED, "certificate request cannot be read; expected one DER PKCS #10 request");
  }

  private static SubjectPublicKeyInfo p256(SubjectPublicKeyInfo offered)
      throws CsrRefusedException {
    AlgorithmIdentifier p256 =
        new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1);
    // getBytes, not getOctets: the latter throws where a stranger left pad bits.
    byte[] point = offered.getPublicKeyData().getBytes();
    boolean shape =
        offered.getAlgorithm().equals(p256)
            && offered.getPublicKeyData().getPadBits() == 0
            && point.length == P256_POINT_BYTES
            && point[0] == UNCOMPRESSED;
    if (!shape || !isOnCurve(point)) {
      throw new CsrRefusedException(
          Reason.KEY_NOT_P256,
          "certificate request names a key of another type;"
              + " expected ECDSA P-256, uncompressed, on a named curve");
    }
    return new SubjectPublicKeyInfo(p256, point);
  }

  private static boolean isOnCurve(byte[] point) {
    try {
      return SECNamedCurves.getByOID(SECObjectIdentifiers.secp256r1)
          .getCurve()
          .decodePoint(point)
          .isValid();
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static boolean isSignedBy(SubjectPublicKeyInfo key, CertificationRequest request) {
    try {
      PublicKey publicKey =
          KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(key.getEncoded()));
      Signature verifier = Signature.getInstance("SHA256withECDSA");
      verifier.initVerify(publicKey);
      verifier.update(request.getCertificationRequestInfo().getEncoded(ASN1Encoding.DER));
      return verifier.verify(request.getSignature().getOctets());
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      return false;
    }
  }
}
