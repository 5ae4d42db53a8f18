package org.postern.identity;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;

/** Key identifiers (RFC 5280 §4.2.1.1): two issuing certificates may bear the same name. */
final class KeyIds {
  private KeyIds() {}

  /** False only when both certificates carry an identifier and they differ, or one is damaged. */
  static boolean match(X509Certificate issuer, X509Certificate certificate) {
    byte[] wanted = certificate.getExtensionValue(Extension.authorityKeyIdentifier.getId());
    byte[] offered = issuer.getExtensionValue(Extension.subjectKeyIdentifier.getId());
    if (wanted == null || offered == null) {
      return true;
    }
    try {
      byte[] authority =
          AuthorityKeyIdentifier.getInstance(ASN1OctetString.getInstance(wanted).getOctets())
              .getKeyIdentifierOctets();
      byte[] subject =
          SubjectKeyIdentifier.getInstance(ASN1OctetString.getInstance(offered).getOctets())
              .getKeyIdentifier();
      return authority == null || Arrays.equals(authority, subject);
    } catch (IllegalArgumentException | ClassCastException e) {
      return false;
    }
  }
}
