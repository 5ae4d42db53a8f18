package org.postern.broker.admin;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.jdbc.Sessions;

/**
 * Users, devices, sessions and connectors: who is there, and no longer. What was changed is in
 * force when the answer is there.
 */
final class PeopleHandlers {
  private static final String BECAUSE = "revoked by an administrator";

  /** The last sessions that ended; what is older is in the audit log. */
  private static final int ENDED_MAX = 1_000;

  private final AdminParts parts;
  private final Pages pages;

  PeopleHandlers(AdminParts parts, AdminLimits limits) {
    this.parts = parts;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listSessions", this::sessions,
        "revokeSession", this::revokeSession,
        "listUsers", this::users,
        "changeUser", this::changeUser,
        "listDevices", this::devices,
        "removeDevice", call -> change(call, DeviceRecord.State.REMOVED),
        "changeDevice", this::changeDevice,
        "renameDevice", this::renameDevice,
        "listConnectors", this::connectors,
        "revokeConnector", this::revokeConnector);
  }

  private IdentityState now() {
    return parts.snapshots().refresh().identities();
  }

  private static String email(IdentityState state, String userId) {
    UserRecord user = state.users().get(userId);
    return user == null ? userId : user.email().isEmpty() ? user.name() : user.email();
  }

  private <T> Reply page(
      AdminCall call, Stream<T> things, Function<T, String> key, Function<T, Object> shown) {
    return pages.sorted(call, things.sorted(Comparator.comparing(key)).toList(), key, shown);
  }

  private Reply done(AdminCall call, Map<String, String> before, String after) {
    parts.snapshots().refresh();
    String id = call.path("id");
    call.changed(id, before, Map.of("state", after));
    return Reply.json(200, Map.of("id", id, "state", after));
  }

  private static AdminProblem none(AdminCall call, String what) {
    return AdminProblem.notFound(
        what,
        call.path("id") + ", or that was done before",
        "List them: postern admin %s list".formatted(what));
  }

  private Reply sessions(AdminCall call) {
    if (call.query("state").filter("ended"::equals).isPresent()) {
      return endedSessions(call);
    }
    IdentityState state = now();
    Instant at = parts.clock().instant();
    return page(
        call,
        state.sessionsByDevice().values().stream(),
        SessionRecord::id,
        session -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", session.id());
          item.put("user", email(state, session.userId()));
          item.put("deviceId", session.deviceId());
          item.put("provider", session.provider());
          item.put("since", session.authenticatedAt().toString());
          item.put("expires", session.expiresAt().toString());
          item.put("revoked", session.revoked());
          item.put(
              "risk", RiskHandlers.shown(state.risk(session.userId(), session.deviceId(), at)));
          item.put("context", session.strength().context());
          item.put("methods", session.strength().methods());
          return item;
        });
  }

  private Reply endedSessions(AdminCall call) {
    return pages.ordered(
        call,
        parts.sessions().ended(ENDED_MAX),
        Sessions.Ended::id,
        session -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", session.id());
          item.put("user", session.user().isEmpty() ? session.userId() : session.user());
          item.put("deviceId", session.deviceId());
          item.put("provider", session.provider());
          item.put("since", session.startedAt().toString());
          item.put("ended", session.endedAt().toString());
          item.put("because", session.because());
          return item;
        });
  }

  private Reply revokeSession(AdminCall call) {
    String id = call.path("id");
    Map<String, String> before =
        now().sessionsByDevice().values().stream()
            .filter(each -> each.id().equals(id))
            .findFirst()
            .map(each ->
                Map.of("state", "live", "userId", each.userId(), "deviceId", each.deviceId()))
            .orElse(Map.of("state", "live"));
    if (!parts.sessions().revoke(id, BECAUSE)) {
      throw none(call, "session");
    }
    return done(call, before, "revoked");
  }

  private Reply users(AdminCall call) {
    IdentityState state = now();
    Instant at = parts.clock().instant();
    return page(
        call,
        state.users().values().stream()
            .filter(user -> call.query("name").map(name -> user.email().equals(name)).orElse(true)),
        user -> user.email() + " " + user.id(),
        user -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", user.id());
          item.put("email", user.email());
          item.put("name", user.name());
          item.put("provider", user.provider());
          item.put("disabled", user.disabled());
          item.put("risk", RiskHandlers.shown(state.risk(RiskRecord.Kind.USER, user.id(), at)));
          item.put("groups", user.providerGroups());
          item.put("attributes", user.attributes());
          return item;
        });
  }

  private Reply changeUser(AdminCall call) {
    boolean disable = call.path("state").equals("disable");
    if (!parts.users().setDisabled(call.path("id"), disable)) {
      throw none(call, "user");
    }
    return done(
        call, Map.of("state", disable ? "enabled" : "disabled"), disable ? "disabled" : "enabled");
  }

  private Reply devices(AdminCall call) {
    IdentityState state = now();
    Instant at = parts.clock().instant();
    return page(
        call,
        state.devices().values().stream(),
        device -> device.userId() + " " + device.id(),
        device -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", device.id());
          item.put("user", email(state, device.userId()));
          item.put("name", device.name());
          item.put("platform", device.platform());
          item.put("state", word(device.state()));
          item.put("risk", RiskHandlers.shown(state.risk(RiskRecord.Kind.DEVICE, device.id(), at)));
          return item;
        });
  }

  private static String word(Enum<?> state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private Reply changeDevice(AdminCall call) {
    return change(
        call,
        call.path("state").equals("quarantine")
            ? DeviceRecord.State.QUARANTINED
            : DeviceRecord.State.REGISTERED);
  }

  private Reply renameDevice(AdminCall call) {
    String id = call.path("id");
    String name = call.text("name").strip();
    if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
      throw AdminProblem.field("name", "expected 1 to 64 characters on one line");
    }
    DeviceRecord before = now().devices().get(id);
    if (!parts.devices().rename(id, name)) {
      throw none(call, "device");
    }
    parts.snapshots().refresh();
    call.changed(
        id, before == null ? Map.of() : Map.of("name", before.name()), Map.of("name", name));
    return Reply.json(200, Map.of("id", id, "state", "named " + name));
  }

  private Reply change(AdminCall call, DeviceRecord.State state) {
    DeviceRecord before = now().devices().get(call.path("id"));
    if (!parts.devices().setState(call.path("id"), state)) {
      throw none(call, "device");
    }
    return done(
        call,
        before == null
            ? Map.of()
            : Map.of("state", word(before.state()), "userId", before.userId()),
        word(state));
  }

  private Reply connectors(AdminCall call) {
    List<ConnectorRecord> all = List.copyOf(now().connectors().values());
    return page(
        call,
        all.stream(),
        connector -> connector.group() + " " + connector.id(),
        connector -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", connector.id());
          item.put("group", connector.group());
          item.put("name", connector.name());
          item.put("state", word(connector.state()));
          return item;
        });
  }

  private Reply revokeConnector(AdminCall call) {
    ConnectorRecord before = now().connectors().get(call.path("id"));
    if (!parts.connectors().revoke(call.path("id"))) {
      throw none(call, "connector");
    }
    return done(
        call,
        before == null ? Map.of() : Map.of("state", word(before.state()), "group", before.group()),
        "revoked");
  }
}
