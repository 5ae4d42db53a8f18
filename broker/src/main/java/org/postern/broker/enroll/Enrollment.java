package org.postern.broker.enroll;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.CsrRefusedException;
import org.postern.identity.IssuedChain;
import org.postern.identity.SpiffeId;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Connectors;
import org.postern.policystore.jdbc.Devices;
import org.postern.policystore.jdbc.ProvisioningKeys;
import org.postern.policystore.jdbc.Sessions;
import org.postern.policystore.jdbc.SignIns;
import org.postern.policystore.jdbc.Users;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a device or a connector gets its first certificate. A device brings the one-time code of a
 * sign-in and proves with its verifier that it began it (RFC 7636); a connector brings a
 * provisioning key. Blocking; safe on any thread.
 */
public final class Enrollment {
  private static final Logger LOG = LoggerFactory.getLogger(Enrollment.class);
  private static final int SECRET_MAX = 512;
  private static final int CSR_BYTES_MAX = 4_096;
  private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

  /** Where people, machines and what lets them in are kept. */
  public record Repositories(
      SignIns signIns,
      Users users,
      Devices devices,
      Sessions sessions,
      Connectors connectors,
      ProvisioningKeys keys,
      AuditLog audit) {}

  private final CertificateAuthority authority;
  private final Repositories repositories;
  private final Function<String, Duration> sessionLength;
  private final Runnable known;
  private final EnrollLimits limits;
  private final InstantSource clock;

  /**
   * Over the repositories.
   *
   * @param sessionLength how long a sign-in at this provider lasts
   * @param known makes what was just stored count at this broker; blocking. Whoever is enrolled
   *     connects at once, and would be turned away as if it had been removed
   */
  public Enrollment(
      CertificateAuthority authority,
      Repositories repositories,
      Function<String, Duration> sessionLength,
      Runnable known,
      EnrollLimits limits,
      InstantSource clock) {
    this.known = known;
    this.sessionLength = sessionLength;
    this.authority = authority;
    this.repositories = repositories;
    this.limits = limits;
    this.clock = clock;
  }

  /** Its routes. */
  public List<Route> routes(int bodyBytesMax, Route.Gate rate) {
    return List.of(
        Route.post("/enroll/device", bodyBytesMax, rate, this::device),
        Route.post("/enroll/connector", bodyBytesMax, rate, this::connector));
  }

  private Reply device(Head head, byte[] body) {
    try {
      EnrollRequest request = EnrollRequest.parse(body);
      String code = request.secret("code", SECRET_MAX);
      String verifier = request.secret("code_verifier", SECRET_MAX);
      byte[] csr = request.csr(CSR_BYTES_MAX);
      String keyFingerprint = CertificateAuthority.provenKeyFingerprint(csr);
      Optional<SignIns.Redeemed> redeemed =
          repositories
              .signIns()
              .redeemCode(code)
              .filter(found -> isVerifierOf(verifier, found.codeChallenge()));
      if (redeemed.isEmpty()) {
        repositories
            .audit()
            .record(
                AuditEvent.done(Actor.STRANGER, "device.enroll", "device", "")
                    .refused("the code is unknown, used or over, or the verifier is wrong")
                    .in(head.requestId(), head.from().getHostAddress()));
        return codeRefused();
      }
      String name = request.label("device_name", limits.textMax(), redeemed.get().deviceName());
      String platform = request.label("platform", limits.textMax(), "");
      Reply reply = register(redeemed.get(), name, platform, keyFingerprint, csr);
      record(head, redeemed.get(), name, reply.status() == 200);
      return reply;
    } catch (EnrollRequest.Malformed e) {
      return malformed(String.valueOf(e.getMessage()));
    } catch (CsrRefusedException e) {
      return malformed("csr: " + e.getMessage());
    }
  }

  /** Whose the code was is known, whatever came of it. */
  private void record(Head head, SignIns.Redeemed redeemed, String device, boolean done) {
    String email = repositories.users().find(redeemed.userId()).map(UserRecord::email).orElse("");
    AuditEvent event =
        AuditEvent.done(
                new Actor(Actor.Kind.USER, redeemed.userId(), email),
                "device.enroll",
                "device",
                device)
            .changing(Map.of(), Map.of("provider", redeemed.provider()))
            .in(head.requestId(), head.from().getHostAddress());
    repositories.audit().record(done ? event : event.refused("not let in"));
  }

  private static boolean isVerifierOf(String verifier, String challenge) {
    if (!VERIFIER.matcher(verifier).matches()) {
      return false;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
      String computed = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      return MessageDigest.isEqual(
          computed.getBytes(StandardCharsets.US_ASCII),
          challenge.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private Reply register(
      SignIns.Redeemed redeemed, String name, String platform, String keyFingerprint, byte[] csr)
      throws CsrRefusedException {
    Optional<UserRecord> user = repositories.users().find(redeemed.userId());
    if (user.isEmpty() || user.get().disabled()) {
      return codeRefused();
    }
    return switch (repositories
        .devices()
        .register(user.get().id(), name, platform, keyFingerprint)) {
      case Devices.Registration.Registered(DeviceRecord device) ->
          enrolled(user.get(), device, redeemed, csr);
      case Devices.Registration.TooMany(int most) ->
          Reply.problem(
              403,
              "too-many-devices",
              "You have as many devices as you may have (" + most + ")",
              "Ask the administrator to remove one: postern admin device remove ID");
      case Devices.Registration.KeyNotAccepted() ->
          Reply.problem(
              403,
              "key-not-accepted",
              "This device's key cannot be used",
              "Somebody else enrolled this device with it. Make a new one: postern login"
                  + " --new-key");
      case Devices.Registration.KeyRemoved() ->
          Reply.problem(
              403,
              "device-removed",
              "This device was removed by an administrator",
              "To make it known as a new device: postern login --new-key");
      case Devices.Registration.SetAside(DeviceRecord device) ->
          Reply.problem(
              403,
              "device-quarantined",
              device.keyFingerprint().equals(keyFingerprint)
                  ? "This device is set aside"
                  : "Your device " + device.name() + " is set aside, so no new one is let in",
              "Ask the administrator to free or remove it: postern admin device free "
                  + device.id());
    };
  }

  private Reply enrolled(
      UserRecord user, DeviceRecord device, SignIns.Redeemed redeemed, byte[] csr)
      throws CsrRefusedException {
    Instant now = clock.instant();
    SpiffeId id = new SpiffeId.ClientId(authority.trustDomain(), user.id(), device.id());
    Duration length = sessionLength.apply(redeemed.provider());
    Duration validity = Renewals.shorter(limits.deviceCertificate(), length);
    IssuedChain chain = authority.issue(csr, id, validity);
    SessionRecord session =
        repositories
            .sessions()
            .start(
                user.id(),
                device.id(),
                redeemed.provider(),
                now.plus(length),
                redeemed.authentication());
    known.run();
    LOG.info("device {} of user {} enrolled", device.id(), user.id());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("chain", base64(chain));
    body.put("user", Map.of("id", user.id(), "name", user.name(), "email", user.email()));
    body.put("device_id", device.id());
    body.put("session_expires", session.expiresAt().toString());
    return Reply.json(200, body);
  }

  private Reply connector(Head head, byte[] body) {
    try {
      EnrollRequest request = EnrollRequest.parse(body);
      String key = request.secret("provisioning_key", SECRET_MAX);
      byte[] csr = request.csr(CSR_BYTES_MAX);
      String keyFingerprint = CertificateAuthority.provenKeyFingerprint(csr);
      String name = request.label("name", limits.textMax(), "connector");
      // One statement, whatever is wrong with the key, and one answer.
      Optional<String> group = repositories.keys().consume(key, head.from());
      Optional<ConnectorRecord> connector =
          group.flatMap(opened ->
              repositories
                  .connectors()
                  .register(
                      new Connectors.Enrollment(
                          opened,
                          name,
                          keyFingerprint,
                          request.label("host_name", limits.textMax(), ""),
                          request.label("platform", limits.textMax(), ""))));
      return connector.isPresent() ? enrolled(connector.get(), csr) : keyRefused();
    } catch (EnrollRequest.Malformed e) {
      return malformed(String.valueOf(e.getMessage()));
    } catch (CsrRefusedException e) {
      return malformed("csr: " + e.getMessage());
    }
  }

  private Reply enrolled(ConnectorRecord connector, byte[] csr) throws CsrRefusedException {
    SpiffeId id =
        new SpiffeId.ConnectorId(authority.trustDomain(), connector.group(), connector.id());
    IssuedChain chain = authority.issue(csr, id, limits.connectorCertificate());
    known.run();
    LOG.info("connector {} of group {} enrolled", connector.id(), connector.group());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("chain", base64(chain));
    body.put("connector_id", connector.id());
    body.put("group", connector.group());
    return Reply.json(200, body);
  }

  private static List<String> base64(IssuedChain chain) {
    return chain.der().stream().map(Base64.getEncoder()::encodeToString).toList();
  }

  private static Reply malformed(String detail) {
    return Reply.problem(400, "bad-request", "The request cannot be used", detail);
  }

  private static Reply codeRefused() {
    return Reply.problem(
        403,
        "code-refused",
        "This sign-in cannot be used",
        "It is over, or was begun on another device. Sign in again: postern login");
  }

  private static Reply keyRefused() {
    return Reply.problem(
        403,
        "provisioning-key-refused",
        "This provisioning key cannot be used here",
        "Ask the administrator for a new one: postern admin provisioning-key create --group GROUP");
  }
}
