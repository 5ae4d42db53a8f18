package org.postern.broker.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.AddressRange;
import org.postern.policystore.jdbc.ProvisioningKeys;

/** Provisioning keys: make, list, end. */
final class KeyHandlers {
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final AdminParts parts;

  KeyHandlers(AdminParts parts) {
    this.parts = parts;
  }

  Map<String, Handler> handlers() {
    return Map.of("createKey", this::create, "listKeys", this::list, "revokeKey", this::revoke);
  }

  private Reply create(AdminCall call) {
    Instant expires =
        parts.clock().instant().plusSeconds(call.body.path("expiresSeconds").asLong());
    ProvisioningKeys.Order order =
        new ProvisioningKeys.Order(
            call.text("group"),
            call.body.path("uses").asInt(),
            expires,
            ranges(call.texts("cidrs")),
            call.principal.person());
    ProvisioningKeys.Created created =
        parts
            .keys()
            .create(order)
            .orElseThrow(() ->
                new AdminProblem(
                    404,
                    "no-such-group",
                    "There is no connector group " + AdminApi.shown(order.connectorGroup()),
                    "Put it into the policy first: connectorGroups: [{name: ...}], postern admin"
                        + " apply -f"));
    call.now(
        created.id(),
        Map.of(
            "group", order.connectorGroup(),
            "uses", "" + order.usesMax(),
            "expires", expires.toString(),
            "cidrs", String.join(" ", call.texts("cidrs"))));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", created.id());
    answer.put("key", created.secret());
    answer.put("group", order.connectorGroup());
    answer.put("uses", order.usesMax());
    answer.put("expires", expires.toString());
    return Reply.json(201, answer);
  }

  private static List<AddressRange> ranges(List<String> texts) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String text : texts) {
      ranges.add(
          AddressRange.parse(text)
              .orElseThrow(() ->
                  AdminProblem.field(
                      "cidrs",
                      AdminApi.shown(text) + " is no address range (expected: 10.0.0.0/8)")));
    }
    return ranges;
  }

  private Reply list(AdminCall call) {
    List<String> groups =
        call.query("group")
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
    return pages.lines(call, items, "id");
  }

  private Reply revoke(AdminCall call) {
    String id = call.path("id");
    if (!parts.keys().revoke(id)) {
      throw AdminProblem.notFound(
          "provisioning key", id, "List them: postern admin provisioning-key list");
    }
    return Reply.json(200, Map.of("id", id, "state", "revoked"));
  }
}
