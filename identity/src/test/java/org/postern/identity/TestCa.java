package org.postern.identity;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.postern.identity.CertificateForms.Issuer;
import org.postern.identity.CertificateForms.Subject;

/**
 * A CA with our own root and issuing shapes whose keys are at hand, to sign what ours never does.
 */
final class TestCa {
  static final TrustDomain DOMAIN = new TrustDomain("test.postern");
  static final KeyPurposeId CLIENT = KeyPurposeId.id_kp_clientAuth;
  static final KeyPurposeId SERVER = KeyPurposeId.id_kp_serverAuth;

  private final TestClock clock;
  final Issuer root;
  final Issuer issuing;

  TestCa(TestClock clock) {
    this.clock = clock;
    Instant from = clock.instant().minus(Duration.ofDays(30));
    Instant until = clock.instant().plus(Duration.ofDays(3000));
    KeyPair rootKey = IdentityKey.newPair();
    KeyPair issuingKey = IdentityKey.newPair();
    CertificateForms forms = new CertificateForms();
    Subject rootSubject =
        new Subject(
            CertificateForms.authorityName(DOMAIN, "Root"),
            CertificateForms.keyInfo(rootKey.getPublic()),
            from,
            until);
    root = new Issuer(forms.root(rootSubject, rootKey.getPrivate()), rootKey.getPrivate());
    Subject issuingSubject =
        new Subject(
            CertificateForms.authorityName(DOMAIN, "Issuing"),
            CertificateForms.keyInfo(issuingKey.getPublic()),
            from,
            until);
    issuing = new Issuer(forms.issuing(issuingSubject, root, DOMAIN), issuingKey.getPrivate());
  }

  TrustBundle trust() {
    try {
      return new TrustBundle(DOMAIN, List.of(root.certificate(), issuing.certificate()));
    } catch (IdentityException e) {
      throw new AssertionError(e);
    }
  }

  /** What to put into a leaf. */
  static final class Leaf {
    String subject = "";
    GeneralName[] names = {};
    KeyPurposeId[] uses = {CLIENT, SERVER};
    int keyUsage = KeyUsage.digitalSignature;
    boolean isCa;
    Duration from = Duration.ofMinutes(-5);
    Duration until = Duration.ofHours(1);

    static Leaf named(String... uris) {
      Leaf leaf = new Leaf();
      leaf.names = new GeneralName[uris.length];
      for (int i = 0; i < uris.length; i++) {
        leaf.names[i] = new GeneralName(GeneralName.uniformResourceIdentifier, uris[i]);
      }
      return leaf;
    }
  }

  /** A key with the chain its owner will present. */
  record Holder(PrivateKey key, List<X509Certificate> chain) {}

  Holder sign(Leaf shape) {
    KeyPair key = IdentityKey.newPair();
    return new Holder(key.getPrivate(), List.of(sign(shape, key, issuing), issuing.certificate()));
  }

  X509Certificate sign(Leaf shape, KeyPair key, Issuer by) {
    try {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              X500Name.getInstance(by.certificate().getSubjectX500Principal().getEncoded()),
              BigInteger.valueOf(System.identityHashCode(key) + 1L),
              Date.from(clock.instant().plus(shape.from)),
              Date.from(clock.instant().plus(shape.until)),
              new X500Name(shape.subject),
              CertificateForms.keyInfo(key.getPublic()));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(shape.isCa));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(shape.keyUsage));
      if (shape.uses.length > 0) {
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(shape.uses));
      }
      if (shape.names.length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, true, new GeneralNames(shape.names));
      }
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          new JcaX509ExtensionUtils()
              .createAuthorityKeyIdentifier(by.certificate().getPublicKey()));
      return Certs.parse(
          builder
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.key()))
              .getEncoded());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
