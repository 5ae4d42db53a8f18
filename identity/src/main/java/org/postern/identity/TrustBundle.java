package org.postern.identity;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * What a deployment trusts: one or more root certificates (several while a root is being replaced)
 * and the issuing certificates under them that are known beforehand. Immutable.
 */
public final class TrustBundle {
  private final TrustDomain trustDomain;
  private final List<X509Certificate> roots;
  private final List<X509Certificate> intermediates;

  TrustBundle(TrustDomain trustDomain, List<X509Certificate> certificates)
      throws IdentityException {
    List<X509Certificate> selfSigned = new ArrayList<>();
    List<X509Certificate> others = new ArrayList<>();
    for (X509Certificate certificate : certificates) {
      if (certificate.getBasicConstraints() < 0) {
        throw new IdentityException(
            "CA bundle holds a certificate that is not a CA's; expected root and issuing only");
      }
      boolean root =
          certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
      (root ? selfSigned : others).add(certificate);
    }
    if (selfSigned.isEmpty()) {
      throw new IdentityException(
          "CA bundle holds no root certificate; expected the PEM text that the broker gives at"
              + " /.well-known/postern");
    }
    this.trustDomain = trustDomain;
    this.roots = List.copyOf(selfSigned);
    this.intermediates = List.copyOf(others);
  }

  /**
   * Reads PEM text of one or more CA certificates, at least one of them self-signed.
   *
   * @throws IdentityException when it is not that
   */
  public static TrustBundle fromPem(TrustDomain trustDomain, String pem) throws IdentityException {
    List<byte[]> ders = new ArrayList<>();
    for (Pem.Block block : Pem.read("CA bundle", pem)) {
      if (!block.label().equals(Pem.CERTIFICATE)) {
        throw new IdentityException(
            "CA bundle holds a block that is not a CERTIFICATE; expected certificates only");
      }
      ders.add(block.der());
    }
    try {
      return new TrustBundle(trustDomain, Certs.parseAll(ders));
    } catch (CertificateException e) {
      throw new IdentityException("CA bundle holds a certificate that cannot be read", e);
    }
  }

  public TrustDomain trustDomain() {
    return trustDomain;
  }

  /** All certificates, roots first. */
  public String pem() {
    return Certs.pem(roots) + Certs.pem(intermediates);
  }

  /** All certificates in DER, roots first. */
  public List<byte[]> der() {
    List<byte[]> all = new ArrayList<>();
    roots.forEach(certificate -> all.add(Certs.der(certificate)));
    intermediates.forEach(certificate -> all.add(Certs.der(certificate)));
    return List.copyOf(all);
  }

  /** SHA-256 of each root's DER in lower-case hex, for people to compare. */
  public List<String> rootFingerprints() {
    return roots.stream().map(root -> Certs.fingerprint(Certs.der(root))).toList();
  }

  List<X509Certificate> roots() {
    return roots;
  }

  List<X509Certificate> intermediates() {
    return intermediates;
  }
}
