package org.postern.identity;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/** Reads the one name out of a leaf. */
final class LeafIdentity {
  private static final int URI = 6;

  private LeafIdentity() {}

  /**
   * The SPIFFE id of a leaf. The subject's common name and all else in the certificate is ignored.
   *
   * @throws CertificateException unless its subject alternative name is exactly one URI that is a
   *     SPIFFE id
   */
  static SpiffeId of(X509Certificate leaf) throws CertificateException {
    Collection<List<?>> names = leaf.getSubjectAlternativeNames();
    if (names == null || names.size() != 1) {
      throw new CertificateException(
          "certificate has "
              + (names == null ? 0 : names.size())
              + " subject alternative names; expected exactly one SPIFFE URI");
    }
    List<?> name = names.iterator().next();
    if (!name.get(0).equals(URI) || !(name.get(1) instanceof String text)) {
      throw new CertificateException(
          "certificate's subject alternative name is not a URI; expected one SPIFFE URI");
    }
    try {
      return SpiffeId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CertificateException("certificate's URI is refused: " + e.getMessage(), e);
    }
  }
}
