package org.postern.identity;

import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;

/**
 * A certificate that is only an envelope for a key, as in SAML metadata: nobody's signature on it
 * and no date in it is asked; who published it is what makes it good.
 *
 * @param notAfter worth a warning when it is near
 * @param fingerprint SHA-256 of the certificate, lower-case hex
 */
public record KeyCertificate(PublicKey key, Instant notAfter, String fingerprint) {

  /**
   * Reads one.
   *
   * @throws IdentityException when it is not one certificate
   */
  public static KeyCertificate of(byte[] der) throws IdentityException {
    try {
      X509Certificate certificate = Certs.parse(der);
      return new KeyCertificate(
          certificate.getPublicKey(),
          certificate.getNotAfter().toInstant(),
          Certs.fingerprint(der));
    } catch (CertificateException e) {
      throw new IdentityException("not a certificate (expected: X.509, DER)", e);
    }
  }
}
