package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.postern.identity.CsrRefusedException.Reason;
import org.postern.identity.SpiffeId.ClientId;

class CsrDoorTest {
  private static final TrustDomain DOMAIN = new TrustDomain("corp.example");
  private static final ClientId ALICE = new ClientId(DOMAIN, "alice", "laptop");

  private final CertificateAuthority ca = CertificateAuthority.create(DOMAIN, new TestClock());

  private static byte[] csr(SubjectPublicKeyInfo key, PrivateKey signer, String algorithm)
      throws Exception {
    return new PKCS10CertificationRequestBuilder(new X500Name("CN=x"), key)
        .build(new JcaContentSignerBuilder(algorithm).build(signer))
        .getEncoded();
  }

  private static SubjectPublicKeyInfo info(KeyPair pair) {
    return SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded());
  }

  private void assertRefused(byte[] csr, Reason reason) {
    assertThatExceptionOfType(CsrRefusedException.class)
        .isThrownBy(() -> ca.issue(csr, ALICE, Duration.ofHours(1)))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason))
        .withMessageContaining("expected");
  }

  @Test
  void requestedNamesAndExtensionsAreIgnored() throws Exception {
    KeyPair key = IdentityKey.newPair();
    ExtensionsGenerator wishes = new ExtensionsGenerator();
    wishes.addExtension(Extension.basicConstraints, true, new BasicConstraints(5));
    wishes.addExtension(
        Extension.subjectAlternativeName,
        true,
        new GeneralNames(
            new GeneralName(
                GeneralName.uniformResourceIdentifier, "spiffe://corp.example/broker/b1")));
    byte[] csr =
        new PKCS10CertificationRequestBuilder(new X500Name("CN=broker"), info(key))
            .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
            .getEncoded();

    IssuedChain chain = ca.issue(csr, ALICE, Duration.ofHours(1));
    X509Certificate leaf = Certs.parse(chain.der().getFirst());

    assertThat(LeafIdentity.of(leaf)).isEqualTo(ALICE);
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getPublicKey()).isEqualTo(key.getPublic());
  }

  @Test
  void keyThatIsNotP256IsRefused() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    KeyPair rsaKey = rsa.generateKeyPair();
    assertRefused(csr(info(rsaKey), rsaKey.getPrivate(), "SHA256withRSA"), Reason.KEY_NOT_P256);

    KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
    ec.initialize(new ECGenParameterSpec("secp384r1"));
    KeyPair p384 = ec.generateKeyPair();
    assertRefused(csr(info(p384), p384.getPrivate(), "SHA256withECDSA"), Reason.KEY_NOT_P256);

    KeyPair ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    assertRefused(csr(info(ed25519), ed25519.getPrivate(), "Ed25519"), Reason.KEY_NOT_P256);
  }

  @Test
  void pointThatIsNotOnTheCurveIsRefused() throws Exception {
    KeyPair key = IdentityKey.newPair();
    byte[] point = info(key).getPublicKeyData().getOctets();
    point[point.length - 1] ^= 1;
    SubjectPublicKeyInfo off = new SubjectPublicKeyInfo(info(key).getAlgorithm(), point);
    assertRefused(csr(off, key.getPrivate(), "SHA256withECDSA"), Reason.KEY_NOT_P256);
  }

  @Test
  void requestForSomebodyElsesKeyIsRefused() throws Exception {
    KeyPair mine = IdentityKey.newPair();
    KeyPair theirs = IdentityKey.newPair();
    assertRefused(
        csr(info(theirs), mine.getPrivate(), "SHA256withECDSA"), Reason.NO_PROOF_OF_POSSESSION);
  }

  @Test
  void weakSignatureIsRefused() throws Exception {
    KeyPair key = IdentityKey.newPair();
    assertRefused(csr(info(key), key.getPrivate(), "SHA1withECDSA"), Reason.NO_PROOF_OF_POSSESSION);
  }

  @Test
  void garbageTrailingBytesAndOversizeAreRefused() {
    byte[] good = IdentityKey.generate().csr();
    assertRefused(new byte[0], Reason.MALFORMED);
    assertRefused(
        "-----BEGIN".getBytes(java.nio.charset.StandardCharsets.US_ASCII), Reason.MALFORMED);
    assertRefused(Arrays.copyOf(good, good.length + 1), Reason.MALFORMED);
    assertRefused(Arrays.copyOf(good, good.length - 1), Reason.MALFORMED);
    assertRefused(new byte[4097], Reason.TOO_LARGE);
    byte[] nested = new byte[4096];
    for (int i = 0; i < nested.length; i += 2) {
      nested[i] = 0x30;
      nested[i + 1] = (byte) 0x80;
    }
    assertRefused(nested, Reason.MALFORMED);
  }

  @Test
  void keyWithPadBitsIsRefused() throws Exception {
    KeyPair key = IdentityKey.newPair();
    SubjectPublicKeyInfo good = SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded());
    byte[] point = good.getPublicKeyData().getBytes();
    point[point.length - 1] &= (byte) 0xF8;
    SubjectPublicKeyInfo padded =
        SubjectPublicKeyInfo.getInstance(
            new DERSequence(new ASN1Encodable[] {good.getAlgorithm(), new DERBitString(point, 3)}));
    assertRefused(csr(padded, key.getPrivate(), "SHA256withECDSA"), Reason.KEY_NOT_P256);
  }

  @Test
  void mutatedRequestsAreRefusedAndNothingElseIsThrown() {
    long seed = Long.getLong("seed", 20260302L);
    Random random = new Random(seed);
    byte[] good = IdentityKey.generate().csr();
    long until = System.nanoTime() + Duration.ofSeconds(3).toNanos();
    int rounds = 0;
    while (System.nanoTime() < until && rounds < 50_000) {
      byte[] bytes = mutate(good, random);
      rounds++;
      if (Arrays.equals(bytes, good)) {
        continue;
      }
      assertThatExceptionOfType(CsrRefusedException.class)
          .as("seed %d, round %d", seed, rounds)
          .isThrownBy(() -> CsrCheck.provenKey(bytes));
    }
    assertThat(rounds).as("seed %d", seed).isGreaterThan(1000);
  }

  private static byte[] mutate(byte[] good, Random random) {
    byte[] bytes =
        switch (random.nextInt(4)) {
          case 0 -> Arrays.copyOf(good, random.nextInt(good.length));
          case 1 -> Arrays.copyOf(good, good.length + random.nextInt(64));
          default -> good.clone();
        };
    for (int edits = random.nextInt(4); edits >= 0 && bytes.length > 0; edits--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    if (random.nextInt(20) == 0) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
