package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;

/**
 * Users, devices, sessions and connectors: who is there, and no longer. What was changed is in
 * force when the answer is there.
 */
final class PeopleRoutes {
  private static final String BECAUSE = "revoked by an administrator";

  private final AdminParts parts;
  private final AdminGate gate;

  PeopleRoutes(AdminParts parts, AdminGate gate) {
    this.parts = parts;
    this.gate = gate;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/admin/v1/sessions", gate, this::sessions),
        Route.delete("/admin/v1/sessions/:id", gate, this::revokeSession),
        Route.get("/admin/v1/users", gate, this::users),
        Route.post("/admin/v1/users/:id/:state", 0, gate, this::changeUser),
        Route.get("/admin/v1/devices", gate, this::devices),
        Route.delete("/admin/v1/devices/:id", gate, this::removeDevice),
        Route.post("/admin/v1/devices/:id/:state", 0, gate, this::changeDevice),
        Route.get("/admin/v1/connectors", gate, this::connectors),
        Route.delete("/admin/v1/connectors/:id", gate, this::revokeConnector));
  }

  private IdentityState now() {
    return parts.snapshots().refresh().identities();
  }

  private static String email(IdentityState state, String userId) {
    UserRecord user = state.users().get(userId);
    return user == null ? userId : user.email().isEmpty() ? user.name() : user.email();
  }

  private static Reply items(List<Map<String, Object>> items) {
    return Reply.json(200, Map.of("items", items));
  }

  private Reply done(String id, String state) {
    parts.snapshots().refresh();
    return Reply.json(200, Map.of("id", id, "state", state));
  }

  private Reply sessions(Head head, byte[] body) {
    IdentityState state = now();
    List<Map<String, Object>> items = new ArrayList<>();
    state.sessionsByDevice().values().stream()
        .sorted(Comparator.comparing(SessionRecord::authenticatedAt).reversed())
        .forEach(session -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", session.id());
          item.put("user", email(state, session.userId()));
          item.put("deviceId", session.deviceId());
          item.put("provider", session.provider());
          item.put("since", session.authenticatedAt().toString());
          item.put("expires", session.expiresAt().toString());
          item.put("revoked", session.revoked());
          items.add(item);
        });
    return items(items);
  }

  private Reply revokeSession(Head head, byte[] body) {
    String id = head.pathParameter("id").orElse("");
    return parts.sessions().revoke(id, BECAUSE)
        ? done(id, "revoked")
        : AdminApi.notFound("session", id);
  }

  private Reply users(Head head, byte[] body) {
    List<Map<String, Object>> items = new ArrayList<>();
    now().users().values().stream()
        .sorted(Comparator.comparing(UserRecord::email).thenComparing(UserRecord::id))
        .forEach(user -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", user.id());
          item.put("email", user.email());
          item.put("name", user.name());
          item.put("provider", user.provider());
          item.put("disabled", user.disabled());
          item.put("groups", user.providerGroups());
          items.add(item);
        });
    return items(items);
  }

  private Reply changeUser(Head head, byte[] body) {
    String id = head.pathParameter("id").orElse("");
    String state = head.pathParameter("state").orElse("");
    if (!state.equals("disable") && !state.equals("enable")) {
      return wrongState("disable or enable");
    }
    return parts.users().setDisabled(id, state.equals("disable"))
        ? done(id, state + "d")
        : AdminApi.notFound("user", id);
  }

  private static Reply wrongState(String expected) {
    return Reply.problem(404, "not-found", "There is no such change", "Expected: " + expected);
  }

  private Reply devices(Head head, byte[] body) {
    IdentityState state = now();
    List<Map<String, Object>> items = new ArrayList<>();
    state.devices().values().stream()
        .sorted(Comparator.comparing(DeviceRecord::userId).thenComparing(DeviceRecord::id))
        .forEach(device -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", device.id());
          item.put("user", email(state, device.userId()));
          item.put("name", device.name());
          item.put("platform", device.platform());
          item.put("state", device.state().name().toLowerCase(Locale.ROOT));
          items.add(item);
        });
    return items(items);
  }

  private Reply removeDevice(Head head, byte[] body) {
    return change(head, DeviceRecord.State.REMOVED);
  }

  private Reply changeDevice(Head head, byte[] body) {
    Optional<DeviceRecord.State> state =
        switch (head.pathParameter("state").orElse("")) {
          case "quarantine" -> Optional.of(DeviceRecord.State.QUARANTINED);
          case "free" -> Optional.of(DeviceRecord.State.REGISTERED);
          case String other -> Optional.empty();
        };
    return state.isPresent() ? change(head, state.get()) : wrongState("quarantine or free");
  }

  private Reply change(Head head, DeviceRecord.State state) {
    String id = head.pathParameter("id").orElse("");
    return parts.devices().setState(id, state)
        ? done(id, state.name().toLowerCase(Locale.ROOT))
        : AdminApi.notFound("device", id);
  }

  private Reply connectors(Head head, byte[] body) {
    List<Map<String, Object>> items = new ArrayList<>();
    now().connectors().values().stream()
        .sorted(Comparator.comparing(ConnectorRecord::group).thenComparing(ConnectorRecord::id))
        .forEach(connector -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("id", connector.id());
          item.put("group", connector.group());
          item.put("name", connector.name());
          item.put("state", connector.state().name().toLowerCase(Locale.ROOT));
          items.add(item);
        });
    return items(items);
  }

  private Reply revokeConnector(Head head, byte[] body) {
    String id = head.pathParameter("id").orElse("");
    return parts.connectors().revoke(id) ? done(id, "revoked") : AdminApi.notFound("connector", id);
  }
}
