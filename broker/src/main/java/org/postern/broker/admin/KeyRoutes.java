package org.postern.broker.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.AddressRange;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ProvisioningKeys;

/** Provisioning keys: make, list, end. */
final class KeyRoutes {
  private static final long USES_MAX = 100_000;
  private static final long LIFE_SECONDS_MAX = Duration.ofDays(366).toSeconds();

  private final AdminParts parts;
  private final AdminGate gate;

  KeyRoutes(AdminParts parts, AdminGate gate) {
    this.parts = parts;
    this.gate = gate;
  }

  List<Route> routes(HttpsLimits limits) {
    String path = "/admin/v1/provisioning-keys";
    return List.of(
        Route.post(path, limits.bodyBytesMax(), gate, this::create),
        Route.get(path, gate, this::list),
        Route.delete(path + "/:id", gate, this::revoke));
  }

  private Reply create(Head head, byte[] body) {
    try {
      AdminRequest request = AdminRequest.parse(body);
      Instant expires =
          parts
              .clock()
              .instant()
              .plusSeconds(request.number("expiresSeconds", 1, LIFE_SECONDS_MAX));
      ProvisioningKeys.Order order =
          new ProvisioningKeys.Order(
              request.text("group"),
              (int) request.number("uses", 1, USES_MAX),
              expires,
              ranges(request.texts("cidrs")),
              gate.who(head).map(AdminTokens.Verified::name).orElse("unknown"));
      Optional<ProvisioningKeys.Created> created = parts.keys().create(order);
      if (created.isEmpty()) {
        return Reply.problem(
            404,
            "no-such-group",
            "There is no connector group " + AdminApi.shown(order.connectorGroup()),
            "Put it into the policy first: connectorGroups: [{name: ...}], postern admin apply -f");
      }
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("id", created.get().id());
      answer.put("key", created.get().secret());
      answer.put("group", order.connectorGroup());
      answer.put("uses", order.usesMax());
      answer.put("expires", expires.toString());
      return Reply.json(201, answer);
    } catch (AdminRequest.Malformed e) {
      return Reply.problem(
          400, "bad-request", "The request cannot be used", String.valueOf(e.getMessage()));
    }
  }

  private static List<AddressRange> ranges(List<String> texts) throws AdminRequest.Malformed {
    List<AddressRange> ranges = new ArrayList<>();
    for (String text : texts) {
      ranges.add(
          AddressRange.parse(text)
              .orElseThrow(() ->
                  new AdminRequest.Malformed(
                      AdminApi.shown(text) + " is no address range (expected: 10.0.0.0/8)")));
    }
    return ranges;
  }

  private Reply list(Head head, byte[] body) {
    List<String> groups =
        head.parameter("group")
            .map(List::of)
            .orElseGet(() ->
                parts.snapshots().refresh().configuration().connectorGroups().stream()
                    .map(group -> group.name())
                    .toList());
    List<Map<String, Object>> items = new ArrayList<>();
    for (String group : groups) {
      for (ProvisioningKeys.Listed key : parts.keys().list(group)) {
        Map<String, Object> item = new LinkedHashMap<>();
        item.put("id", key.id());
        item.put("group", key.connectorGroup());
        item.put("uses", key.uses());
        item.put("usesMax", key.usesMax());
        item.put("expires", key.expiresAt().toString());
        item.put("revoked", key.revoked());
        items.add(item);
      }
    }
    return Reply.json(200, Map.of("items", items));
  }

  private Reply revoke(Head head, byte[] body) {
    String id = head.pathParameter("id").orElse("");
    return parts.keys().revoke(id)
        ? Reply.json(200, Map.of("id", id, "state", "revoked"))
        : AdminApi.notFound("provisioning key", id);
  }
}
