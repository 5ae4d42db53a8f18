package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.postern.identity.Loopback.Connection;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.TestCa.Holder;
import org.postern.identity.TestCa.Leaf;

class PeerTlsTest extends PeerTlsFixture {
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
