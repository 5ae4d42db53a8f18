package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.identity.CertificateForms.Issuer;
import org.postern.identity.Loopback.Connection;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.TestCa.Holder;
import org.postern.identity.TestCa.Leaf;

class PeerTlsTest {
  private static final String ALPN = "postern/1";
  private static final String ALICE = "spiffe://test.postern/client/alice/laptop";
  private static final String BOB = "spiffe://test.postern/client/bob/phone";
  private static final String BROKER = "spiffe://test.postern/broker/b1";

  private final TestClock clock = new TestClock();
  private final TestCa ca = new TestCa(clock);
  private final Loopback loopback = new Loopback();
  private final List<SslContext> contexts = new ArrayList<>();

  @AfterEach
  void release() {
    loopback.close();
    contexts.forEach(ReferenceCountUtil::release);
  }

  private PeerTls tls(Holder holder) throws IdentityException {
    List<byte[]> chain = holder.chain().stream().map(Certs::der).toList();
    return new PeerTls(Credential.of(holder.key(), chain), ca.trust(), clock);
  }

  private SslContext door() throws IdentityException {
    return keep(tls(ca.sign(Leaf.named(BROKER))).server(ALPN));
  }

  private SslContext keep(SslContext context) {
    contexts.add(context);
    return context;
  }

  /** A client that is not ours: it trusts anybody and presents what it likes. */
  private SslContextBuilder stranger() {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.OPENSSL_REFCNT)
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .endpointIdentificationAlgorithm(null)
        .protocols("TLSv1.3")
        .applicationProtocolConfig(alpn(ALPN));
  }

  private static ApplicationProtocolConfig alpn(String protocol) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        protocol);
  }

  private SslContext presenting(Holder holder) throws Exception {
    return keep(stranger().keyManager(new AnyChain(holder)).build());
  }

  private Connection dialDoor(Holder holder) throws Exception {
    return loopback.connect(door(), presenting(holder));
  }

  @Test
  void bothEndsKnowEachOtherAndSpeakTls13WithTheHybridGroup() throws Exception {
    Holder alice = ca.sign(Leaf.named(ALICE));
    Connection connection = loopback.connect(door(), keep(tls(alice).client(ALPN)));

    assertThat(connection.server().peer().id())
        .isEqualTo(new ClientId(TestCa.DOMAIN, "alice", "laptop"));
    assertThat(connection.client().peer().id()).isEqualTo(new BrokerId(TestCa.DOMAIN, "b1"));
    assertThat(connection.server().peer().fingerprint())
        .isEqualTo(Certs.fingerprint(Certs.der(alice.chain().getFirst())));
    assertThat(connection.server().peer().notAfter())
        .isEqualTo(clock.instant().plus(Duration.ofHours(1)));
    assertThat(connection.server().session().getProtocol()).isEqualTo("TLSv1.3");
    assertThat(connection.server().namedGroup()).isEqualTo("X25519MLKEM768");
    assertThat(connection.client().namedGroup()).isEqualTo("X25519MLKEM768");
    connection.client().send("hello");
    assertThat(connection.server().receive()).isEqualTo("hello");
  }

  @Test
  void peerWithoutTheHybridGroupGetsX25519AndOneWithNeitherIsRefused() throws Exception {
    Holder alice = ca.sign(Leaf.named(ALICE));
    X509Certificate[] chain = alice.chain().toArray(X509Certificate[]::new);
    SslContext classic =
        keep(
            stranger()
                .keyManager(alice.key(), chain)
                .option(OpenSslContextOption.GROUPS, new String[] {"X25519"})
                .build());
    assertThat(loopback.connect(door(), classic).server().namedGroup()).isEqualTo("X25519");

    SslContext neither =
        keep(
            stranger()
                .keyManager(alice.key(), chain)
                .option(OpenSslContextOption.GROUPS, new String[] {"P-256"})
                .build());
    assertThat(loopback.connect(door(), neither).server().failureText())
        .containsIgnoringCase("group");
  }

  @Test
  void noSessionTicketIsSentAndNothingIsResumed() throws Exception {
    SslContext server = door();
    SslContext client = keep(tls(ca.sign(Leaf.named(ALICE))).client(ALPN));
    Connection connection = loopback.connect(server, client);
    connection.server().send("after the handshake");
    assertThat(connection.client().receive()).isEqualTo("after the handshake");

    var stats = ((io.netty.handler.ssl.OpenSslSessionContext) server.sessionContext()).stats();
    assertThat(stats.ticketKeyNew()).isZero();
    assertThat(stats.number()).isZero();
    assertThat(stats.hits()).isZero();
  }

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

  @Test
  void certificateOfTheWrongKindIsRefusedByTheRule() throws Exception {
    SslContext client = keep(tls(ca.sign(Leaf.named(ALICE))).client(ALPN));
    SSLSession atServer = loopback.connect(door(), client).server().session();

    assertThat(Peers.client().spiffeId(atServer)).isEqualTo(ALICE);
    assertThat(VerifiedPeer.spiffeIdOf(atServer)).isEqualTo(ALICE);
    assertThatThrownBy(() -> Peers.broker().spiffeId(atServer))
        .isInstanceOf(SSLPeerUnverifiedException.class)
        .hasMessageContaining("expected a broker");
    assertThatThrownBy(() -> Peers.connector().spiffeId(atServer))
        .hasMessageContaining("expected an app connector");
    assertThatThrownBy(() -> Peers.exactly(SpiffeId.parse(BOB)).spiffeId(atServer))
        .hasMessageContaining(BOB);
  }

  @Test
  void connectorOfAnotherGroupIsRefusedByTheRule() throws Exception {
    PeerRule rule = Peers.connectorIn(Set.of("vpc-a"));
    rule.check(new ConnectorId(TestCa.DOMAIN, "vpc-a", "c1"));
    assertThatThrownBy(() -> rule.check(new ConnectorId(TestCa.DOMAIN, "vpc-b", "c1")))
        .hasMessageContaining("vpc-a");
  }

  @Test
  void tls12IsRefused() throws Exception {
    Holder alice = ca.sign(Leaf.named(ALICE));
    SslContext old =
        keep(
            stranger()
                .protocols("TLSv1.2")
                .keyManager(alice.key(), alice.chain().toArray(X509Certificate[]::new))
                .build());
    assertThat(loopback.connect(door(), old).server().failureText())
        .containsIgnoringCase("protocol");
  }

  @Test
  void peerWithAnotherApplicationProtocolOrNoneIsRefusedByEitherEnd() throws Exception {
    Holder alice = ca.sign(Leaf.named(ALICE));
    X509Certificate[] chain = alice.chain().toArray(X509Certificate[]::new);
    SslContext other =
        keep(
            stranger()
                .applicationProtocolConfig(alpn("http/1.1"))
                .keyManager(alice.key(), chain)
                .build());
    assertThat(loopback.connect(door(), other).server().failureText())
        .contains("expected ALPN postern/1");

    SslContext none =
        keep(
            stranger()
                .applicationProtocolConfig(ApplicationProtocolConfig.DISABLED)
                .keyManager(alice.key(), chain)
                .build());
    assertThat(loopback.connect(door(), none).server().failureText())
        .contains("expected ALPN postern/1");

    Holder broker = ca.sign(Leaf.named(BROKER));
    SslContext server =
        keep(
            SslContextBuilder.forServer(
                    broker.key(), broker.chain().toArray(X509Certificate[]::new))
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .clientAuth(ClientAuth.REQUIRE)
                .protocols("TLSv1.3")
                .build());
    SslContext client = keep(tls(alice).client(ALPN));
    assertThat(loopback.connect(server, client).client().failureText())
        .contains("expected ALPN postern/1");
  }

  @Test
  void sessionThatOurVerificationNeverSawHasNoVerifiedPeer() throws Exception {
    SslContext client = presenting(ca.sign(Leaf.named(ALICE)));
    SSLSession atStranger = loopback.connect(door(), client).client().session();
    assertThat(atStranger.getPeerCertificates()).isNotEmpty();
    assertThatThrownBy(() -> VerifiedPeer.of(atStranger))
        .isInstanceOf(SSLPeerUnverifiedException.class)
        .hasMessageContaining("not verified");
  }
}
