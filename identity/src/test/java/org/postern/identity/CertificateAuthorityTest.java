package org.postern.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.identity.SpiffeId.BrokerId;
import org.postern.identity.SpiffeId.ClientId;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.identity.SpiffeId.WorkloadId;

class CertificateAuthorityTest {
  private static final TrustDomain DOMAIN = new TrustDomain("corp.example");
  private static final ClientId ALICE = new ClientId(DOMAIN, "alice", "laptop");
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

  private final TestClock clock = new TestClock();
  private final CertificateAuthority ca = CertificateAuthority.create(DOMAIN, clock);

  @TempDir Path dir;

  private X509Certificate leaf(SpiffeId id) throws Exception {
    return Certs.parse(
        ca.issue(IdentityKey.generate().csr(), id, Duration.ofHours(24)).der().getFirst());
  }

  private VerifiedPeer verify(TrustBundle trust, List<byte[]> chain) throws Exception {
    return new PathCheck(trust, clock)
        .verify(Certs.parseAll(chain).toArray(X509Certificate[]::new), PathCheck.Use.CLIENT);
  }

  @Test
  void leafNamesExactlyTheIdAndIsValidFromFiveMinutesAgo() throws Exception {
    X509Certificate leaf = leaf(ALICE);
    assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, ALICE.toString()));
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getKeyUsage()).startsWith(true, false, false, false, false, false);
    assertThat(leaf.getNotBefore().toInstant())
        .isEqualTo(clock.instant().minus(Duration.ofMinutes(5)));
    assertThat(leaf.getNotAfter().toInstant())
        .isEqualTo(clock.instant().plus(Duration.ofHours(24)));
    assertThat(leaf.getSerialNumber().bitLength()).isEqualTo(128);
    assertThat(leaf.getSerialNumber()).isNotEqualTo(leaf(ALICE).getSerialNumber());
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17", "2.5.29.15", "2.5.29.19");
  }

  @Test
  void onlyConnectorsAndBrokersMayServe() throws Exception {
    assertThat(leaf(ALICE).getExtendedKeyUsage()).containsExactly(CLIENT_AUTH);
    assertThat(leaf(new WorkloadId(DOMAIN, "job")).getExtendedKeyUsage())
        .containsExactly(CLIENT_AUTH);
    assertThat(leaf(new ConnectorId(DOMAIN, "vpc-a", "1")).getExtendedKeyUsage())
        .containsExactlyInAnyOrder(CLIENT_AUTH, SERVER_AUTH);
    assertThat(leaf(new BrokerId(DOMAIN, "1")).getExtendedKeyUsage())
        .containsExactlyInAnyOrder(CLIENT_AUTH, SERVER_AUTH);
  }

  @Test
  void authoritiesAreBoundInLength() throws Exception {
    List<X509Certificate> authorities = Certs.parseAll(ca.trust().der());
    assertThat(authorities).hasSize(2);
    assertThat(authorities.get(0).getBasicConstraints()).isEqualTo(1);
    assertThat(authorities.get(1).getBasicConstraints()).isZero();
    assertThat(authorities.get(1).getCriticalExtensionOIDs()).contains("2.5.29.30");
  }

  @Test
  void sealedAuthorityOpensAsItselfAndIssuesUnderTheSameRoot() throws Exception {
    SealingKey key = SealingKey.loadOrCreate(dir.resolve("key"));
    CertificateAuthority opened = CertificateAuthority.open(key, ca.seal(key), clock);
    assertThat(opened.trustDomain()).isEqualTo(DOMAIN);
    assertThat(opened.trust().pem()).isEqualTo(ca.trust().pem());
    IssuedChain chain = opened.issue(IdentityKey.generate().csr(), ALICE, Duration.ofHours(1));
    assertThat(verify(ca.trust(), chain.der()).id()).isEqualTo(ALICE);
  }

  @Test
  void sealedAuthorityDoesNotOpenWithAnotherKey() throws Exception {
    byte[] sealed = ca.seal(SealingKey.loadOrCreate(dir.resolve("key")));
    SealingKey other = SealingKey.loadOrCreate(dir.resolve("other"));
    assertThatThrownBy(() -> CertificateAuthority.open(other, sealed, clock))
        .isInstanceOf(IdentityException.class)
        .hasMessageContaining("certificate authority")
        .hasMessageContaining("give the key that this deployment was created with");
  }

  @Test
  void newIssuingKeyLeavesOldLeavesValidAndSurvivesSealing() throws Exception {
    IssuedChain old = ca.issue(IdentityKey.generate().csr(), ALICE, Duration.ofDays(7));
    SealingKey key = SealingKey.loadOrCreate(dir.resolve("key"));
    CertificateAuthority next =
        CertificateAuthority.open(key, ca.withNewIssuingKey().seal(key), clock);
    IssuedChain fresh = next.issue(IdentityKey.generate().csr(), ALICE, Duration.ofDays(7));

    assertThat(verify(next.trust(), old.der()).id()).isEqualTo(ALICE);
    assertThat(verify(next.trust(), fresh.der()).id()).isEqualTo(ALICE);
    // A peer that has not heard of the new issuing certificate gets it in the chain.
    assertThat(verify(ca.trust(), fresh.der()).id()).isEqualTo(ALICE);
    // A leaf alone suffices for a peer that knows the issuing certificate.
    assertThat(verify(next.trust(), old.der().subList(0, 1)).id()).isEqualTo(ALICE);
    assertThat(next.trust().rootFingerprints()).isEqualTo(ca.trust().rootFingerprints());
    assertThat(ca.needsNewIssuingKey()).isFalse();
    clock.advance(Duration.ofDays(1000));
    assertThat(ca.needsNewIssuingKey()).isTrue();
  }

  @Test
  void leafEndsWithItsIssuerAtTheLatest() throws Exception {
    clock.advance(Duration.ofDays(1800));
    IssuedChain chain = ca.issue(IdentityKey.generate().csr(), ALICE, Duration.ofDays(90));
    Instant issuerEnd = Certs.parse(chain.der().get(1)).getNotAfter().toInstant();
    assertThat(chain.notAfter()).isEqualTo(issuerEnd);
    clock.advance(Duration.ofDays(90));
    byte[] csr = IdentityKey.generate().csr();
    assertThatThrownBy(() -> ca.issue(csr, ALICE, Duration.ofHours(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void idOfAnotherTrustDomainAndOddValidityAreOurBug() {
    byte[] csr = IdentityKey.generate().csr();
    ClientId foreign = new ClientId(new TrustDomain("other.example"), "a", "b");
    assertThatThrownBy(() -> ca.issue(csr, foreign, Duration.ofHours(1)))
        .isInstanceOf(IllegalArgumentException.class);
    for (Duration odd : List.of(Duration.ZERO, Duration.ofHours(-1), Duration.ofDays(400))) {
      assertThatThrownBy(() -> ca.issue(csr, ALICE, odd))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void httpsCertificateHasHostNamesAndCannotBeAPeers() throws Exception {
    ServerCertificate server =
        ca.issueServerName(
            List.of("Broker.example", "*.apps.example", "127.0.0.1", "::1"), Duration.ofDays(90));
    X509Certificate leaf = server.chain().getFirst();
    assertThat(leaf.getSubjectAlternativeNames())
        .containsExactly(
            List.of(2, "broker.example"),
            List.of(2, "*.apps.example"),
            List.of(7, "127.0.0.1"),
            List.of(7, "0:0:0:0:0:0:0:1"));
    assertThat(leaf.getExtendedKeyUsage()).containsExactly(SERVER_AUTH);
    assertThatThrownBy(() -> verify(ca.trust(), server.chain().stream().map(Certs::der).toList()))
        .hasMessageContaining("4 subject alternative names");
    for (String odd : List.of("", "a b", "spiffe://corp.example/broker/1", "10.0.0.256", "*.")) {
      assertThatThrownBy(() -> ca.issueServerName(List.of(odd), Duration.ofDays(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void bundleReadsBackFromPemAndRefusesWhatIsNoCa() throws Exception {
    TrustBundle read = TrustBundle.fromPem(DOMAIN, ca.trust().pem());
    assertThat(read.pem()).isEqualTo(ca.trust().pem());
    IssuedChain chain = ca.issue(IdentityKey.generate().csr(), ALICE, Duration.ofDays(7));
    Map<String, String> refused =
        Map.of(
            "",
            "no root",
            chain.pem(),
            "not a CA's",
            Certs.pem(ca.trust().intermediates()),
            "no root",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "END",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "cannot be read",
            "-----BEGIN X-----\nAAAA\n-----END X-----\n",
            "not a CERTIFICATE");
    refused.forEach((pem, reason) ->
        assertThatThrownBy(() -> TrustBundle.fromPem(DOMAIN, pem))
            .isInstanceOf(IdentityException.class)
            .hasMessageContaining(reason));
  }
}
