package org.postern.broker.enroll;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.CsrRefusedException;
import org.postern.identity.SpiffeId;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.jdbc.Connectors;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.Users;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives peers that have a certificate their next one, for as long as they may have one at all. The
 * database is asked, not a snapshot. A certificate is renewed for the key that was enrolled and for
 * no other: what was stolen cannot be moved onto the thief's key. Blocking, about ten milliseconds:
 * not for event loops.
 */
public final class Renewals {
  private static final Logger LOG = LoggerFactory.getLogger(Renewals.class);
  private static final String SIGN_IN_AGAIN = "sign in again: postern login";

  /** The refusal of a request for a key that was not enrolled. */
  static final String OTHER_KEY =
      "the request is for another key (expected: the key that was enrolled); enroll again";

  private final CertificateAuthority authority;
  private final Users users;
  private final Devices devices;
  private final Sessions sessions;
  private final Connectors connectors;
  private final EnrollLimits limits;
  private final InstantSource clock;

  /** Over the repositories. */
  public Renewals(
      CertificateAuthority authority,
      Users users,
      Devices devices,
      Sessions sessions,
      Connectors connectors,
      EnrollLimits limits,
      InstantSource clock) {
    this.authority = authority;
    this.users = users;
    this.devices = devices;
    this.sessions = sessions;
    this.connectors = connectors;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * The next certificate of whoever this is, by the kind of its id.
   *
   * @param peer from the peer's verified handshake
   * @param csrDer DER of RFC 2986, from the peer
   */
  public Renewal renew(SpiffeId peer, byte[] csrDer) {
    return switch (peer) {
      case SpiffeId.ClientId device -> renewDevice(device, csrDer);
      case SpiffeId.ConnectorId connector -> renewConnector(connector, csrDer);
      case SpiffeId.BrokerId broker -> wrongKind();
      case SpiffeId.PortalId portal -> wrongKind();
      case SpiffeId.WorkloadId workload -> wrongKind();
    };
  }

  private static Renewal wrongKind() {
    return new Renewal.Refused(
        ReasonCode.KIND_NOT_ALLOWED, "only devices and connectors renew on the control link");
  }

  /** A device's, while its session lives; it never outlives the session. */
  public Renewal renewDevice(SpiffeId.ClientId peer, byte[] csrDer) {
    Optional<UserRecord> user = users.find(peer.user());
    if (user.isEmpty() || user.get().disabled()) {
      return new Renewal.Refused(ReasonCode.USER_DISABLED, "this account is switched off");
    }
    Optional<DeviceRecord> device = devices.find(peer.device());
    if (device.isEmpty()
        || !device.get().userId().equals(peer.user())
        || device.get().state() != DeviceRecord.State.REGISTERED) {
      return new Renewal.Refused(ReasonCode.DEVICE_REVOKED, "this device may not connect");
    }
    Optional<SessionRecord> session = sessions.live(peer.device());
    if (session.isEmpty()) {
      return new Renewal.Refused(ReasonCode.SESSION_EXPIRED, SIGN_IN_AGAIN);
    }
    Duration left = Duration.between(clock.instant(), session.get().expiresAt());
    if (!left.isPositive()) {
      return new Renewal.Refused(ReasonCode.SESSION_EXPIRED, SIGN_IN_AGAIN);
    }
    return issue(
        peer, csrDer, device.get().keyFingerprint(), shorter(left, limits.deviceCertificate()));
  }

  /** A connector's, until it is revoked. */
  public Renewal renewConnector(SpiffeId.ConnectorId peer, byte[] csrDer) {
    Optional<ConnectorRecord> connector = connectors.find(peer.id());
    if (connector.isEmpty()
        || !connector.get().group().equals(peer.group())
        || connector.get().state() != ConnectorRecord.State.ENROLLED) {
      return new Renewal.Refused(
          ReasonCode.CONNECTOR_REVOKED,
          "this connector is revoked; enroll it again with a new key");
    }
    return issue(peer, csrDer, connector.get().keyFingerprint(), limits.connectorCertificate());
  }

  private Renewal issue(SpiffeId peer, byte[] csrDer, String boundKey, Duration validity) {
    try {
      if (!CertificateAuthority.provenKeyFingerprint(csrDer).equals(boundKey)) {
        LOG.warn("{} asked for a certificate for another key than its own; refused", peer);
        return new Renewal.Refused(ReasonCode.PROTOCOL_ERROR, OTHER_KEY);
      }
      return new Renewal.Renewed(authority.issue(csrDer, peer, validity).der());
    } catch (CsrRefusedException e) {
      return new Renewal.Refused(ReasonCode.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
    }
  }

  static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
