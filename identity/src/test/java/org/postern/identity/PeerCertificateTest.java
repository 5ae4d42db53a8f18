package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.SslContext;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import org.postern.identity.CertificateForms.Issuer;
import org.postern.identity.Loopback.Connection;
import org.postern.identity.TestCa.Holder;
import org.postern.identity.TestCa.Leaf;

class PeerCertificateTest extends PeerTlsFixture {
  @Test
  void clientWithoutCertificateIsRefused() throws Exception {
    Connection connection = loopback.connect(door(), keep(stranger().build()));
    assertThat(connection.server().failureText())
        .containsIgnoringCase("did_not_return_a_certificate");
    assertThat(connection.client().failure()).isNotNull();
  }

  @Test
  void certificateOfAnotherCaIsRefusedThoughItsNamesAreTheSame() throws Exception {
    TestCa other = new TestCa(clock);
    Connection connection = dialDoor(other.sign(Leaf.named(ALICE)));
    assertThat(connection.server().failureText()).contains("not issued by our CA");
  }

  @Test
  void issuerThatForgesOurKeyIdentifierIsRefusedByItsSignature() throws Exception {
    KeyPair forgedKey = IdentityKey.newPair();
    KeyPair leafKey = IdentityKey.newPair();
    // The issuer's name and key id are ours, but the signature is not.
    Issuer forged = new Issuer(ca.issuing.certificate(), forgedKey.getPrivate());
    X509Certificate leaf = ca.sign(Leaf.named(BROKER), leafKey, forged);
    Connection connection =
        dialDoor(new Holder(leafKey.getPrivate(), List.of(leaf, ca.issuing.certificate())));
    assertThat(connection.server().failureText()).contains("path to our CA is not valid");
  }

  @Test
  void expiredAndNotYetValidCertificatesAreRefusedByTheInjectedClock() throws Exception {
    Leaf old = Leaf.named(ALICE);
    old.from = Duration.ofHours(-2);
    old.until = Duration.ofHours(-1);
    assertThat(dialDoor(ca.sign(old)).server().failureText()).contains("expired at");

    Leaf early = Leaf.named(ALICE);
    early.from = Duration.ofHours(1);
    early.until = Duration.ofHours(2);
    assertThat(dialDoor(ca.sign(early)).server().failureText()).contains("not valid before");
  }

  @Test
  void leafThatWasAcceptedBeforeIsRefusedOnceItExpired() throws Exception {
    SslContext door = door();
    SslContext alice = presenting(ca.sign(Leaf.named(ALICE)));
    assertThat(loopback.connect(door, alice).server().peer()).isNotNull();
    clock.advance(Duration.ofMinutes(61));
    assertThat(loopback.connect(door, alice).server().failureText()).contains("expired at");
  }

  @Test
  void ownLeafCountsAndAStrangersCertificateInTheChainDoesNot() throws Exception {
    Holder alice = ca.sign(Leaf.named(ALICE));
    X509Certificate broker = ca.sign(Leaf.named(BROKER)).chain().getFirst();
    X509Certificate bob = ca.sign(Leaf.named(BOB)).chain().getFirst();
    List<X509Certificate> chain =
        List.of(alice.chain().getFirst(), broker, bob, ca.issuing.certificate());

    Connection connection = dialDoor(new Holder(alice.key(), chain));

    assertThat(connection.server().peer().id().toString()).isEqualTo(ALICE);
  }

  @Test
  void selfMadeLeafIsRefusedThoughAGenuineOneFollowsInItsChain() throws Exception {
    TestCa other = new TestCa(clock);
    Holder mine = other.sign(Leaf.named(ALICE));
    X509Certificate genuine = ca.sign(Leaf.named(ALICE)).chain().getFirst();
    List<X509Certificate> chain =
        List.of(mine.chain().getFirst(), genuine, ca.issuing.certificate(), ca.root.certificate());

    assertThat(dialDoor(new Holder(mine.key(), chain)).server().failureText())
        .contains("not issued by our CA");
  }

  @Test
  void leafCannotIssueAnotherLeaf() throws Exception {
    KeyPair aliceKey = IdentityKey.newPair();
    Leaf shape = Leaf.named(ALICE);
    shape.subject = "CN=Alice";
    X509Certificate alice = ca.sign(shape, aliceKey, ca.issuing);
    KeyPair key = IdentityKey.newPair();
    X509Certificate forged =
        ca.sign(Leaf.named(BROKER), key, new Issuer(alice, aliceKey.getPrivate()));
    Holder holder = new Holder(key.getPrivate(), List.of(forged, alice, ca.issuing.certificate()));
    assertThat(dialDoor(holder).server().failureText()).contains("not issued by our CA");
  }

  @Test
  void issuingCertificateCannotMakeAnotherIssuingCertificate() throws Exception {
    Leaf shape = Leaf.named("spiffe://test.postern/broker/ca");
    shape.isCa = true;
    shape.subject = "CN=Sub";
    shape.keyUsage = KeyUsage.keyCertSign;
    KeyPair subKey = IdentityKey.newPair();
    X509Certificate sub = ca.sign(shape, subKey, ca.issuing);
    KeyPair key = IdentityKey.newPair();
    X509Certificate leaf = ca.sign(Leaf.named(ALICE), key, new Issuer(sub, subKey.getPrivate()));
    Holder holder = new Holder(key.getPrivate(), List.of(leaf, sub, ca.issuing.certificate()));
    assertThat(dialDoor(holder).server().failureText()).contains("path to our CA is not valid");
  }

  @Test
  void caCertificateAsLeafIsRefused() throws Exception {
    Holder holder = new Holder(ca.issuing.key(), List.of(ca.issuing.certificate()));
    assertThat(dialDoor(holder).server().failure()).isNotNull();
    assertThatThrownBy(() ->
            new PathCheck(ca.trust(), clock)
                .verify(new X509Certificate[] {ca.issuing.certificate()}, PathCheck.Use.CLIENT))
        .hasMessageContaining("CA's certificate");
  }

  @Test
  void leafWithoutExactlyOneSpiffeUriIsRefusedWithReason() throws Exception {
    Leaf two = Leaf.named(ALICE, BROKER);
    assertThat(dialDoor(ca.sign(two)).server().failureText())
        .contains("2 subject alternative names");

    Leaf mixed = new Leaf();
    mixed.names =
        new GeneralName[] {
          new GeneralName(GeneralName.uniformResourceIdentifier, ALICE),
          new GeneralName(GeneralName.dNSName, "broker.example")
        };
    assertThat(dialDoor(ca.sign(mixed)).server().failureText())
        .contains("2 subject alternative names");

    Leaf commonName = new Leaf();
    commonName.subject = "CN=" + ALICE.replace("/", "\\/");
    assertThat(dialDoor(ca.sign(commonName)).server().failureText())
        .contains("0 subject alternative names");

    Leaf dns = new Leaf();
    dns.names = new GeneralName[] {new GeneralName(GeneralName.dNSName, "broker.example")};
    assertThat(dialDoor(ca.sign(dns)).server().failureText()).contains("not a URI");

    Leaf odd = Leaf.named("spiffe://test.postern/client/al%69ce/laptop");
    assertThat(dialDoor(ca.sign(odd)).server().failureText()).contains("URI is refused");
  }

  @Test
  void nameOfAnotherTrustDomainIsRefused() throws Exception {
    Leaf leaf = Leaf.named("spiffe://other.postern/client/alice/laptop");
    assertThat(dialDoor(ca.sign(leaf)).server().failureText()).contains("another trust domain");
  }

  @Test
  void issuingCertificateIsBoundToItsTrustDomainByNameConstraint() throws Exception {
    TrustDomain elsewhere = new TrustDomain("other.postern");
    TrustBundle careless =
        new TrustBundle(elsewhere, List.of(ca.root.certificate(), ca.issuing.certificate()));
    Holder holder = ca.sign(Leaf.named("spiffe://other.postern/client/alice/laptop"));
    assertThatThrownBy(() ->
            new PathCheck(careless, clock)
                .verify(holder.chain().toArray(X509Certificate[]::new), PathCheck.Use.CLIENT))
        .hasMessageContaining("path to our CA is not valid")
        .hasMessageContaining("ame constraints");
  }

  @Test
  void clientCertificateCannotServe() throws Exception {
    Leaf leaf = Leaf.named(ALICE);
    leaf.uses = new KeyPurposeId[] {TestCa.CLIENT};
    SslContext server = keep(tls(ca.sign(leaf)).server(ALPN));
    SslContext client = keep(tls(ca.sign(Leaf.named(BOB))).client(ALPN));
    assertThat(loopback.connect(server, client).client().failureText())
        .contains("not for use as a server");
  }

  @Test
  void serverCertificateCannotDialAndUnmarkedOnesCanDoNeither() throws Exception {
    Leaf server = Leaf.named(BROKER);
    server.uses = new KeyPurposeId[] {TestCa.SERVER};
    assertThat(dialDoor(ca.sign(server)).server().failureText())
        .contains("not for use as a client");

    Leaf unmarked = Leaf.named(BROKER);
    unmarked.uses = new KeyPurposeId[] {};
    assertThat(dialDoor(ca.sign(unmarked)).server().failureText())
        .contains("not for use as a client");
  }
}
