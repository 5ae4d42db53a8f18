package org.postern.broker.enroll;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.bootstrap.Foundation;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.Credential;
import org.postern.identity.IdentityKey;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.jdbc.Connectors;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.Users;
import org.postern.tunnel.message.ReasonCode;

/** Who gets a next certificate, on a real database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RenewalsTest {
  @TempDir private static Path folder;

  private Foundation foundation;
  private Instant now = Instant.parse("2026-11-22T12:00:00Z");
  private final InstantSource clock = () -> now;
  private final SecureRandom random = new SecureRandom();
  private CertificateAuthority authority;
  private Users users;
  private Devices devices;
  private Sessions sessions;
  private Connectors connectors;
  private Renewals renewals;
  private SpiffeId.ClientId peer;
  private IdentityKey key = IdentityKey.generate();
  private String sessionId = "";
  private int people;

  @BeforeAll
  void start() throws Exception {
    foundation =
        Foundation.lay(
            new FoundationSettings(
                folder.resolve("data"),
                Path.of("target/postgres-programs"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "test.internal",
                Duration.ofSeconds(60),
                Map.of()),
            Clock.systemUTC());
    DataSource source = foundation.dataSource();
    authority = CertificateAuthority.create(new TrustDomain("test.internal"), clock);
    users = new Users(source, random, clock);
    devices = new Devices(source, random, clock, 5);
    sessions = new Sessions(source, random, clock);
    connectors = new Connectors(source, random, clock);
    renewals =
        new Renewals(authority, users, devices, sessions, connectors, EnrollLimits.DEFAULT, clock);
  }

  @AfterAll
  void stop() {
    foundation.close();
  }

  @BeforeEach
  void someoneIsSignedIn() throws Exception {
    key = IdentityKey.generate();
    now = Instant.parse("2026-11-22T12:00:00Z");
    String subject = "person-" + people++;
    String user = users.signIn("corp", subject, "", subject, List.of()).id();
    DeviceRecord device =
        ((Devices.Registration.Registered)
                devices.register(user, "laptop", "linux", fingerprint(key)))
            .device();
    SessionRecord session =
        sessions.start(user, device.id(), "corp", now.plus(Duration.ofHours(12)));
    sessionId = session.id();
    peer = new SpiffeId.ClientId(authority.trustDomain(), user, device.id());
  }

  private static String fingerprint(IdentityKey key) throws Exception {
    return CertificateAuthority.provenKeyFingerprint(key.csr());
  }

  private void refused(SpiffeId asking, ReasonCode reason) {
    assertThat(renewals.renew(asking, key.csr()))
        .isInstanceOfSatisfying(
            Renewal.Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @Test
  void deviceIsRenewedAndItsCertificateEndsWithItsSession() throws Exception {
    now = now.plus(Duration.ofHours(11));
    Renewal renewal = renewals.renew(peer, key.csr());
    assertThat(renewal).isInstanceOf(Renewal.Renewed.class);
    Credential credential = Credential.of(key, ((Renewal.Renewed) renewal).chainDer());
    assertThat(credential.id()).isEqualTo(peer);
    assertThat(credential.notAfter()).isEqualTo(now.plus(Duration.ofHours(1)));
  }

  @Test
  void endedSessionsAreNotRenewed() {
    sessions.revoke(sessionId, "test");
    refused(peer, ReasonCode.SESSION_EXPIRED);
  }

  @Test
  void expiredSessionsAreNotRenewed() {
    now = now.plus(Duration.ofHours(12));
    refused(peer, ReasonCode.SESSION_EXPIRED);
  }

  @Test
  void removedAndQuarantinedDevicesAreNotRenewed() {
    devices.setState(peer.device(), DeviceRecord.State.QUARANTINED);
    refused(peer, ReasonCode.DEVICE_REVOKED);
    devices.setState(peer.device(), DeviceRecord.State.REGISTERED);
    assertThat(renewals.renew(peer, key.csr())).isInstanceOf(Renewal.Renewed.class);
    devices.setState(peer.device(), DeviceRecord.State.REMOVED);
    refused(peer, ReasonCode.DEVICE_REVOKED);
  }

  @Test
  void disabledUsersAreNotRenewed() {
    users.setDisabled(peer.user(), true);
    refused(peer, ReasonCode.USER_DISABLED);
  }

  @Test
  void deviceOfSomebodyElseIsNotRenewed() {
    String other = users.signIn("corp", "other", "", "other", List.of()).id();
    refused(
        new SpiffeId.ClientId(authority.trustDomain(), other, peer.device()),
        ReasonCode.DEVICE_REVOKED);
  }

  @Test
  void connectorsThatAreNotEnrolledAndOtherKindsAreNotRenewed() {
    refused(
        new SpiffeId.ConnectorId(authority.trustDomain(), "vpc-a", "c-none"),
        ReasonCode.CONNECTOR_REVOKED);
    refused(new SpiffeId.BrokerId(authority.trustDomain(), "b-1"), ReasonCode.KIND_NOT_ALLOWED);
  }

  @Test
  void anotherKeyIsNotRenewedOntoADevice() {
    assertThat(renewals.renew(peer, IdentityKey.generate().csr()))
        .isEqualTo(new Renewal.Refused(ReasonCode.PROTOCOL_ERROR, Renewals.OTHER_KEY));
  }

  @Test
  void renewedDeviceCanStillSignOut() throws Exception {
    now = now.plus(Duration.ofHours(7));
    Renewal renewal = renewals.renew(peer, key.csr());
    Credential renewed = Credential.of(key, ((Renewal.Renewed) renewal).chainDer());
    String proof = CertificateAuthority.provenKeyFingerprint(renewed.csr());
    assertThat(sessions.signOut(proof, "signed out"))
        .hasValueSatisfying(out -> assertThat(out.userId()).isEqualTo(peer.user()));
    refused(peer, ReasonCode.SESSION_EXPIRED);
  }

  @Test
  void connectorIsRenewedForTheKeyThatItEnrolledWithAndForNoOther() throws Exception {
    foundation
        .dataSource()
        .getConnection()
        .createStatement()
        .execute("insert into connector_group (name) values ('vpc-a')");
    ConnectorRecord connector =
        connectors
            .register(new Connectors.Enrollment("vpc-a", "one", fingerprint(key), "host", "linux"))
            .orElseThrow();
    SpiffeId id = new SpiffeId.ConnectorId(authority.trustDomain(), "vpc-a", connector.id());
    assertThat(renewals.renew(id, key.csr())).isInstanceOf(Renewal.Renewed.class);
    assertThat(renewals.renew(id, IdentityKey.generate().csr()))
        .isEqualTo(new Renewal.Refused(ReasonCode.PROTOCOL_ERROR, Renewals.OTHER_KEY));
  }

  @Test
  void damagedRequestIsRefusedNotFailed() {
    byte[] damaged = key.csr();
    damaged[damaged.length - 1] ^= 1;
    assertThat(renewals.renew(peer, damaged))
        .isInstanceOfSatisfying(
            Renewal.Refused.class,
            refused -> assertThat(refused.reason()).isEqualTo(ReasonCode.PROTOCOL_ERROR));
  }
}
