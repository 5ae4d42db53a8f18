package org.postern.broker.admin;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.broker.scim.ScimServer;
import org.postern.broker.scim.ScimStores;
import org.postern.policystore.jdbc.ScimSettings;
import org.postern.policystore.jdbc.ScimTokens;

/** SCIM as administrators see it: tokens, schema extensions, how the last sync went. */
final class ScimHandlers {
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final AdminParts parts;
  private final ScimStores stores;

  ScimHandlers(AdminParts parts) {
    this.parts = parts;
    this.stores = parts.provisioning();
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "readScimStatus", this::status,
        "listScimTokens", this::tokens,
        "createScimToken", this::create,
        "rotateScimToken", this::rotate,
        "revokeScimToken", this::revoke,
        "listScimSchemas", this::schemas,
        "putScimSchema", this::putSchema,
        "removeScimSchema", this::removeSchema);
  }

  private Reply status(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    for (ScimSettings.Status each : stores.settings().status()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("provider", each.provider());
      item.put("users", each.users());
      item.put("active", each.usersActive());
      item.put("notProvisioned", each.usersNotProvisioned());
      item.put("groups", each.groups());
      item.put("tokens", each.tokens());
      item.put("requests", each.heard().requests());
      item.put("errors", each.heard().errors());
      item.put("lastRequest", text(each.heard().lastRequestAt()));
      item.put("lastChange", text(each.heard().lastChangeAt()));
      item.put("lastError", text(each.heard().lastErrorAt()));
      item.put("error", each.heard().lastError().orElse(""));
      items.add(item);
    }
    return pages.lines(call, items, "provider");
  }

  private static String text(Optional<Instant> time) {
    return time.map(Instant::toString).orElse("");
  }

  private Reply tokens(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    Instant now = parts.clock().instant();
    for (ScimTokens.Listed each : stores.tokens().list()) {
      boolean over = each.expiresAt().filter(end -> !end.isAfter(now)).isPresent();
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("id", each.id());
      item.put("provider", each.provider());
      item.put("created", each.createdAt().toString());
      item.put("by", each.createdBy());
      item.put("expires", text(each.expiresAt()));
      item.put("state", each.revoked() ? "revoked" : over ? "expired" : "live");
      items.add(item);
    }
    return pages.lines(call, items, "id");
  }

  private Reply create(AdminCall call) {
    String provider = known(call.text("provider"));
    long seconds = call.body.path("expiresSeconds").asLong();
    ScimTokens.Created created =
        stores
            .tokens()
            .create(
                provider,
                call.principal.person(),
                seconds == 0 ? null : Duration.ofSeconds(seconds));
    return shown(call, created, provider);
  }

  private Reply rotate(AdminCall call) {
    String provider = call.text("provider");
    Duration overlap = Duration.ofSeconds(call.body.path("overlapSeconds").asLong());
    ScimTokens.Created created =
        stores
            .tokens()
            .rotate(provider, call.principal.person(), overlap)
            .orElseThrow(() ->
                new AdminProblem(
                    404,
                    "not-found",
                    "Provider %s has no live SCIM token".formatted(AdminApi.shown(provider)),
                    "Make one: postern admin scim token create PROVIDER"));
    return shown(call, created, provider);
  }

  private Reply shown(AdminCall call, ScimTokens.Created created, String provider) {
    call.now(created.id(), Map.of("provider", provider));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", created.id());
    answer.put("token", created.secret());
    answer.put("provider", provider);
    answer.put("url", parts.facts().address() + "/scim/v2/" + provider);
    return Reply.json(201, answer);
  }

  private Reply revoke(AdminCall call) {
    String id = call.path("id");
    if (!stores.tokens().revoke(id)) {
      throw AdminProblem.notFound("SCIM token", id, "List them: postern admin scim token list");
    }
    return Reply.json(200, Map.of("id", id, "state", "revoked"));
  }

  private Reply schemas(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    stores
        .settings()
        .schemas(call.path("name"))
        .forEach((urn, document) -> items.add(Map.of("id", urn, "document", document)));
    return pages.lines(call, items, "id");
  }

  private Reply putSchema(AdminCall call) {
    String provider = known(call.path("name"));
    try {
      String urn = ScimServer.schemaUrn(call.document());
      stores.settings().putSchema(provider, urn, call.document());
      call.now(urn, Map.of("provider", provider));
      return Reply.json(200, Map.of("id", urn, "state", "known"));
    } catch (IllegalArgumentException e) {
      throw new AdminProblem(
          422, "schema-wrong", "The schema cannot be used", String.valueOf(e.getMessage()));
    }
  }

  private Reply removeSchema(AdminCall call) {
    String urn = call.path("id");
    if (!stores.settings().removeSchema(call.path("name"), urn)) {
      throw AdminProblem.notFound(
          "SCIM schema", urn, "List them: postern admin scim schema list PROVIDER");
    }
    return Reply.json(200, Map.of("id", urn, "state", "removed"));
  }

  private String known(String provider) {
    boolean configured =
        parts.snapshots().refresh().configuration().identityProviders().stream()
            .anyMatch(each -> each.name().equals(provider));
    if (!configured) {
      throw new AdminProblem(
          404,
          "no-such-provider",
          "There is no identity provider " + AdminApi.shown(provider),
          "Put it into the policy first: identityProviders: [{name: ...}], postern admin apply -f");
    }
    return provider;
  }
}
