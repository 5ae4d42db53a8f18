package org.postern.identity;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.SpiffeId.PortalId;
import org.postern.identity.SpiffeId.WorkloadId;

/** The four shapes of certificate there are; docs/decisions/0001-certificate-shapes.md has why. */
final class CertificateForms {
  /** What a new certificate says about its subject. */
  record Subject(X500Name name, SubjectPublicKeyInfo key, Instant from, Instant until) {}

  /** Who signs. */
  record Issuer(X509Certificate certificate, PrivateKey key) {}

  private static final int SERIAL_BITS = 128;
  private static final X500Name NOBODY = new X500Name("");

  private final SecureRandom random = new SecureRandom();

  static SubjectPublicKeyInfo keyInfo(PublicKey key) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded());
  }

  static X500Name authorityName(TrustDomain trustDomain, String role) {
    return new X500NameBuilder(BCStyle.INSTANCE)
        .addRDN(BCStyle.O, "Postern")
        .addRDN(BCStyle.OU, trustDomain.name().length() > 64 ? "deployment" : trustDomain.name())
        .addRDN(BCStyle.CN, role)
        .build();
  }

  X509Certificate root(Subject subject, PrivateKey key) {
    return write(
        subject,
        subject.name,
        key,
        (builder, ids) -> {
          builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(1));
          builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
          builder.addExtension(
              Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(subject.key));
        });
  }

  X509Certificate issuing(Subject subject, Issuer root, TrustDomain trustDomain) {
    GeneralSubtree ours =
        new GeneralSubtree(
            new GeneralName(GeneralName.uniformResourceIdentifier, trustDomain.name()));
    return write(
        subject,
        issuerName(root),
        root.key,
        (builder, ids) -> {
          builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
          builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
          builder.addExtension(
              Extension.nameConstraints,
              true,
              new NameConstraints(new GeneralSubtree[] {ours}, null));
          builder.addExtension(
              Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(subject.key));
          authorityKey(builder, ids, root);
        });
  }

  X509Certificate peer(SpiffeId id, SubjectPublicKeyInfo key, Issuer by, Instant[] fromUntil) {
    Subject subject = new Subject(NOBODY, key, fromUntil[0], fromUntil[1]);
    GeneralNames name =
        new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()));
    // Critical because the subject is empty (RFC 5280 §4.2.1.6).
    return leaf(subject, by, name, true, uses(id));
  }

  X509Certificate server(Subject subject, Issuer by, GeneralNames names) {
    return leaf(subject, by, names, false, KeyPurposeId.id_kp_serverAuth);
  }

  /** A client connector only ever dials; a connector is the server inside a lane. */
  private static KeyPurposeId[] uses(SpiffeId id) {
    KeyPurposeId client = KeyPurposeId.id_kp_clientAuth;
    return switch (id) {
      case ClientId _, PortalId _, WorkloadId _ -> new KeyPurposeId[] {client};
      case ConnectorId _, BrokerId _ -> new KeyPurposeId[] {client, KeyPurposeId.id_kp_serverAuth};
    };
  }

  private X509Certificate leaf(
      Subject subject, Issuer by, GeneralNames names, boolean critical, KeyPurposeId... uses) {
    return write(
        subject,
        issuerName(by),
        by.key,
        (builder, ids) -> {
          builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
          builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
          builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(uses));
          builder.addExtension(Extension.subjectAlternativeName, critical, names);
          authorityKey(builder, ids, by);
        });
  }

  private static X500Name issuerName(Issuer issuer) {
    return X500Name.getInstance(issuer.certificate.getSubjectX500Principal().getEncoded());
  }

  private static void authorityKey(
      X509v3CertificateBuilder builder, JcaX509ExtensionUtils ids, Issuer issuer)
      throws IOException {
    builder.addExtension(
        Extension.authorityKeyIdentifier,
        false,
        ids.createAuthorityKeyIdentifier(issuer.certificate.getPublicKey()));
  }

  /** Adds what makes a shape a shape. */
  private interface Extensions {
    void add(X509v3CertificateBuilder builder, JcaX509ExtensionUtils ids) throws IOException;
  }

  private X509Certificate write(
      Subject subject, X500Name issuer, PrivateKey key, Extensions extensions) {
    BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1);
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            issuer,
            serial,
            Date.from(subject.from.truncatedTo(ChronoUnit.SECONDS)),
            Date.from(subject.until.truncatedTo(ChronoUnit.SECONDS)),
            subject.name,
            subject.key);
    try {
      extensions.add(builder, new JcaX509ExtensionUtils());
      JcaContentSignerBuilder signer = new JcaContentSignerBuilder("SHA256withECDSA");
      return Certs.parse(builder.build(signer.build(key)).getEncoded());
    } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
      throw new AssertionError("our own certificate shapes can be written", e);
    }
  }
}
