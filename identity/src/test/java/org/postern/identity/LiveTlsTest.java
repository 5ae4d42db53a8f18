package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCounted;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.identity.Loopback.Connection;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;

class LiveTlsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String ALPN = "postern/1";
  private static final TrustDomain DOMAIN = new TrustDomain("corp.example");
  private static final ClientId ALICE = new ClientId(DOMAIN, "alice", "laptop");
  private static final BrokerId BROKER = new BrokerId(DOMAIN, "b1");

  private final TestClock clock = new TestClock();
  private final CertificateAuthority ca = CertificateAuthority.create(DOMAIN, clock);
  private final Loopback loopback = new Loopback();
  private final LiveTls broker =
      new LiveTls(ca.issueOwn(BROKER, Duration.ofDays(7)), ca.trust(), clock);
  private final LiveTls alice =
      new LiveTls(ca.issueOwn(ALICE, Duration.ofHours(24)), ca.trust(), clock);

  @AfterEach
  void close() {
    loopback.close();
    alice.close();
    broker.close();
  }

  private Connection connect() throws Exception {
    return loopback.connect(broker.server(ALPN), alice.client(ALPN));
  }

  private static void assertAlive(Connection connection) throws Exception {
    connection.client().send("ping");
    assertThat(connection.server().receive()).isEqualTo("ping");
    connection.server().send("pong");
    assertThat(connection.client().receive()).isEqualTo("pong");
  }

  @Test
  void renewalSwapsTheContextWhileALiveConnectionGoesOn() throws Exception {
    Connection before = connect();
    assertAlive(before);
    String oldPrint = before.server().peer().fingerprint();
    SslContext oldContext = alice.client(ALPN).get();

    clock.advance(Duration.ofHours(15));
    assertThat(alice.credential().needsRenewal(clock.instant())).isTrue();
    alice.replace(ca.issueOwn(ALICE, Duration.ofHours(24)));
    Connection after = connect();

    assertThat(after.server().peer().fingerprint())
        .isEqualTo(alice.credential().fingerprint())
        .isNotEqualTo(oldPrint);
    assertAlive(after);
    assertAlive(before);

    // Far past the first certificate's end, and with its context released.
    clock.advance(Duration.ofHours(20));
    alice.replace(ca.issueOwn(ALICE, Duration.ofHours(24)));
    alice.replace(ca.issueOwn(ALICE, Duration.ofHours(24)));
    assertThat(((ReferenceCounted) oldContext).refCnt()).as("held by its connection").isEqualTo(1);
    assertAlive(before);
    before.client().close();
    before.server().failure();
    org.awaitility.Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(((ReferenceCounted) oldContext).refCnt()).isZero());
  }

  @Test
  void contextIsTheSameUntilItIsReplacedAndSurvivesOneReplacement() {
    Supplier<SslContext> supplier = alice.client(ALPN);
    SslContext first = supplier.get();
    assertThat(supplier.get()).isSameAs(first);
    assertThat(alice.client(ALPN).get()).isSameAs(first);
    assertThat(alice.client("postern-lane/1").get()).isNotSameAs(first);
    alice.replace(ca.issueOwn(ALICE, Duration.ofHours(24)));
    assertThat(supplier.get()).isNotSameAs(first);
    assertThat(((ReferenceCounted) first).refCnt()).isEqualTo(1);
    alice.replace(ca.issueOwn(ALICE, Duration.ofHours(24)));
    assertThat(((ReferenceCounted) first).refCnt()).isZero();
  }

  @Test
  void trustThatIsReplacedHoldsForTheNextConnection() throws Exception {
    assertAlive(connect());
    broker.replaceTrust(CertificateAuthority.create(DOMAIN, clock).trust());
    assertThat(connect().server().failureText()).contains("not issued by our CA");
    broker.replaceTrust(ca.withNewIssuingKey().trust());
    assertAlive(connect());
  }

  @Test
  void closedHolderMakesNoContext() {
    SslContext context = alice.client(ALPN).get();
    alice.close();
    alice.close();
    assertThat(((ReferenceCounted) context).refCnt()).isZero();
    assertThatIllegalStateException().isThrownBy(() -> alice.client(ALPN).get());
    assertThatIllegalStateException()
        .isThrownBy(() -> alice.replace(ca.issueOwn(ALICE, Duration.ofHours(1))));
  }

  @Test
  void clientConnectorsOwnCredentialCannotServe() throws Exception {
    Connection connection = loopback.connect(alice.server(ALPN), broker.client(ALPN));
    assertThat(connection.client().failureText()).contains("not for use as a server");
  }

  @Test
  void httpsDoorIsTrustedThroughTheBundleByTheJdk() throws Exception {
    // The JDK checks validity with its own clock, so this CA lives in real time.
    CertificateAuthority today =
        CertificateAuthority.create(DOMAIN, java.time.InstantSource.system());
    ServerCertificate certificate =
        today.issueServerName(List.of("localhost", "127.0.0.1"), Duration.ofDays(1));
    SslContext server = WebTls.server(certificate, "http/1.1");
    try (Loopback.Listener listener = loopback.listen(() -> server)) {
      for (String protocol : List.of("TLSv1.3", "TLSv1.2")) {
        try (var socket =
            (javax.net.ssl.SSLSocket)
                WebTls.client(today.trust())
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), listener.port())) {
          var parameters = socket.getSSLParameters();
          parameters.setEndpointIdentificationAlgorithm("HTTPS");
          socket.setSSLParameters(parameters);
          socket.setEnabledProtocols(new String[] {protocol});
          socket.startHandshake();
          assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
        }
      }
    } finally {
      io.netty.util.ReferenceCountUtil.release(server);
    }
  }
}
