package org.postern.acceptance.bench.cutting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/**
 * A whole broker with its database, and a person for each cause, whose device has many live flows:
 * something is said at one of the broker's doors, and the flows end. Used by one thread; blocks.
 */
public final class CutTrial implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String PROVIDER = "corp";
  private static final String STREAM = "corp-events";
  private static final String MANAGED = "/etc/managed";
  private static final int BYSTANDERS = 20;

  /** How long before its age the session's flows are all open. */
  private static final Duration AGE_AHEAD = Duration.ofSeconds(6);

  /** Why flows end. */
  public enum Cause {
    /** The provider's SCIM client patches {@code active} to false. */
    SCIM_INACTIVE("scim-inactive", true),
    /** The provider's transmitter pushes a CAEP session-revoked. */
    SIGNAL("signal", true),
    /** {@code postern admin session revoke}. */
    REVOKED("session-revoke", true),
    /** {@code postern admin device quarantine}. */
    QUARANTINED("quarantine", true),
    /** The device reports that what its posture profile wants is gone. */
    POSTURE("posture", false),
    /** The age that a session rule allows is reached. */
    AGE("session-age", false);

    private final String label;
    private final boolean endsLink;

    Cause(String label, boolean endsLink) {
      this.label = label;
      this.endsLink = endsLink;
    }

    /** In names of figures. */
    public String label() {
      return label;
    }
  }

  /**
   * What came of it.
   *
   * @param reasons that {@code status} gives for the flows that ended, without repetition
   * @param linkReason that it gives for the link; empty when the device stays linked
   * @param bystanders flows of somebody else that ended as well
   * @param millis from the moment before the first byte of the request was sent, or from the
   *     instant of the age, to the end of each flow, sorted
   */
  public record Result(
      Set<String> reasons, String linkReason, int bystanders, List<Double> millis) {
    /** So many of the flows had ended by then. */
    public double millisAt(double share) {
      return millis.get((int) Math.min(millis.size() - 1L, Math.round(millis.size() * share)));
    }
  }

  private final int count;
  private final Path folder;
  private final Feed feed = new Feed();
  private final EventSource events = new EventSource();
  private final WholeBroker all;
  private final String scimToken;
  private final String streamToken;
  private final Flows bystander;
  private int people;

  /**
   * Starts it all.
   *
   * @param folder for the broker's data
   * @param programs where the database's programs are unpacked
   * @param count flows of each cause
   */
  public CutTrial(Path folder, Path programs, int count) throws Exception {
    this.count = count;
    this.folder = folder;
    this.all =
        new WholeBroker(
            folder.resolve("broker"), programs, InstantSource.system(), Set.of(events.issuer()));
    apply("");
    all.connector(
        "vpc-a",
        Map.of(
            "feed.corp.internal", List.of(InetAddress.getLoopbackAddress()),
            "guarded.corp.internal", List.of(InetAddress.getLoopbackAddress()),
            "aged.corp.internal", List.of(InetAddress.getLoopbackAddress())));
    this.scimToken =
        admin("/admin/v1/scim/tokens", Map.of("provider", PROVIDER, "expiresSeconds", 0));
    this.streamToken =
        admin(
            "/admin/v1/signals/streams",
            Map.of(
                "name",
                STREAM,
                "provider",
                PROVIDER,
                "issuer",
                events.issuer(),
                "audience",
                EventSource.AUDIENCE,
                "keysUrl",
                events.keysUrl()));
    this.bystander = new Flows(online("bystander"), "feed.corp.internal", feed.port(), BYSTANDERS);
  }

  private String admin(String path, Map<String, ?> body) throws Exception {
    HttpResponse<String> made =
        all.call("POST", path, all.adminToken(), "application/json", JSON.writeValueAsString(body));
    return good(made).path("token").asText();
  }

  private static JsonNode good(HttpResponse<String> answer) throws IOException {
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body().isEmpty() ? JSON.createObjectNode() : JSON.readTree(answer.body());
  }

  private void apply(String more) throws Exception {
    String policy =
        """
        version: 1
        domains: [corp.internal]
        connectorGroups: [{name: vpc-a}]
        applications:
          - {name: feed, hosts: [feed.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a], allowLoopback: true}
          - {name: guarded, hosts: [guarded.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a], allowLoopback: true}
          - {name: aged, hosts: [aged.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a], allowLoopback: true}
        postureProfiles: [{name: managed, platforms: [linux], files: [{path: %2$s}]}]
        rules:
          - {name: managed-devices, action: allow, applications: [guarded], anyone: true, when: [{posture: [managed]}]}
          - {name: everybody, action: allow, applications: [feed, aged], anyone: true}
        identityProviders:
          - {name: %3$s, issuer: "%4$s", clientId: postern, allowPlainHttp: true}
        %5$s
        """
            .formatted(feed.port(), MANAGED, PROVIDER, all.issuer(), more);
    Path file = Files.writeString(folder.resolve("policy.yaml"), policy);
    WholeBroker.Outcome applied = all.admin("apply", "-f", file.toString(), "-m", "for the trial");
    if (applied.code() != 0) {
      throw new IOException(applied.err());
    }
  }

  private WholeBroker.Device online(String name) throws Exception {
    WholeBroker.Device device = all.device(name);
    Waiting.until(PATIENCE, name + " is linked", () -> device.status().linked());
    return device;
  }

  private static PostureReport managed(boolean is) {
    return PostureReport.newBuilder()
        .addFacts(
            PostureFact.newBuilder()
                .setKind(PostureFact.Kind.KIND_FILE_EXISTS)
                .setSubject(MANAGED)
                .setFlag(is))
        .build();
  }

  /** Opens the flows of one more person, lets it happen, and watches them end. */
  public Result cut(Cause cause) throws Exception {
    int before = bystander.ended();
    String name = cause.label() + "-" + ++people;
    String provisioned = cause == Cause.SCIM_INACTIVE ? provision(name) : "";
    WholeBroker.Device device = online(name);
    if (cause == Cause.POSTURE) {
      device.report(managed(true));
      Waiting.until(
          PATIENCE,
          "the posture is known",
          () ->
              device.status().posture().profiles().stream()
                  .anyMatch(profile -> profile.result().equals("true")));
    }
    String host =
        switch (cause) {
          case POSTURE -> "guarded.corp.internal";
          case AGE -> "aged.corp.internal";
          case SCIM_INACTIVE, SIGNAL, REVOKED, QUARANTINED -> "feed.corp.internal";
        };
    try (Flows flows = new Flows(device, host, feed.port(), count)) {
      long from = happen(cause, name, device, provisioned);
      List<Double> millis = flows.millisToEnds(from);
      Waiting.until(PATIENCE, "status names a reason", () -> !reasons(device).isEmpty());
      if (cause.endsLink) {
        // Lanes and the link are connections of their own: either may be heard first.
        Waiting.until(PATIENCE, "the link ends", () -> !device.status().linked());
      }
      TunnelStatus status = device.status();
      return new Result(
          reasons(device),
          status.linked() ? "" : status.linkReason(),
          bystander.ended() - before,
          millis);
    }
  }

  private static Set<String> reasons(WholeBroker.Device device) throws Exception {
    return device.status().ended().stream()
        .map(TunnelStatus.EndLine::reason)
        .collect(java.util.stream.Collectors.toSet());
  }

  private String provision(String name) throws Exception {
    return good(scim(
            "POST",
            "/Users",
            """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],\
            "userName":"%1$s@example.com","externalId":"%1$s","active":true}\
            """
                .formatted(name)))
        .path("id")
        .asText();
  }

  private HttpResponse<String> scim(String method, String path, String body) throws Exception {
    return all.call(
        method, "/scim/v2/" + PROVIDER + path, scimToken, "application/scim+json", body);
  }

  /** Returns the moment from which time counts. */
  private long happen(Cause cause, String name, WholeBroker.Device device, String provisioned)
      throws Exception {
    long from = System.nanoTime();
    switch (cause) {
      case SCIM_INACTIVE ->
          good(
              scim(
                  "PATCH",
                  "/Users/" + provisioned,
                  """
                  {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],\
                  "Operations":[{"op":"Replace","path":"active","value":false}]}\
                  """));
      case SIGNAL ->
          good(
              all.call(
                  "POST",
                  "/signals/" + STREAM,
                  streamToken,
                  "application/secevent+jwt",
                  events.sessionRevoked(name)));
      case REVOKED -> {
        String session = session(device).path("id").asText();
        from = System.nanoTime();
        command("session", "revoke", session);
      }
      case QUARANTINED -> command("device", "quarantine", device.deviceId());
      case POSTURE -> device.report(managed(false));
      case AGE -> {
        return age(device);
      }
    }
    return from;
  }

  private void command(String... arguments) throws IOException {
    WholeBroker.Outcome outcome = all.admin(arguments);
    if (outcome.code() != 0) {
      throw new IOException(outcome.err());
    }
  }

  private JsonNode session(WholeBroker.Device device) throws IOException {
    for (JsonNode each : all.adminJson("session", "list").path("items")) {
      if (each.path("deviceId").asText().equals(device.deviceId())) {
        return each;
      }
    }
    throw new IOException("no session of " + device.deviceId());
  }

  /** A session rule whose age the session reaches in a few seconds. */
  private long age(WholeBroker.Device device) throws Exception {
    Instant since = Instant.parse(session(device).path("since").asText());
    Instant over =
        since.plusSeconds(Duration.between(since, Instant.now().plus(AGE_AHEAD)).toSeconds());
    apply(
        "sessionRules: [{name: young, applications: [aged], anyone: true, maxAge: %ds}]"
            .formatted(Duration.between(since, over).toSeconds()));
    return System.nanoTime() + Duration.between(Instant.now(), over).toNanos();
  }

  @Override
  public void close() throws IOException {
    bystander.close();
    all.close();
    events.close();
    feed.close();
  }
}
