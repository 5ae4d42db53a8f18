package org.postern.broker.admin;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.jdbc.AdminRoles;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ApiClients;

/** Who administers: tokens, API clients, roles. Nobody gives what he does not have. */
final class AccessHandlers {
  private static final int LISTED = 100_000;

  private final AdminParts parts;
  private final Roles roles;
  private final AdminLimits limits;
  private final Pages pages;

  AccessHandlers(AdminParts parts, Roles roles, AdminLimits limits) {
    this.parts = parts;
    this.roles = roles;
    this.limits = limits;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    Map<String, Handler> handlers = new LinkedHashMap<>();
    handlers.put("whoAmI", this::whoAmI);
    handlers.put("listTokens", this::tokens);
    handlers.put("createToken", this::createToken);
    handlers.put("revokeToken", this::revokeToken);
    handlers.put("listRoles", this::listRoles);
    handlers.put("readRole", this::readRole);
    handlers.put("putRole", this::putRole);
    handlers.put("removeRole", this::removeRole);
    handlers.put("listApiClients", this::clients);
    handlers.put("createApiClient", this::createClient);
    handlers.put("revokeApiClient", this::revokeClient);
    handlers.put("rotateApiClient", this::rotateClient);
    return handlers;
  }

  private Reply whoAmI(AdminCall call) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("kind", call.principal.actor().kind().name().toLowerCase(java.util.Locale.ROOT));
    body.put("id", call.principal.actor().id());
    body.put("name", call.principal.actor().name());
    body.put("role", call.principal.role().name());
    body.put("permissions", call.principal.role().permissions());
    body.put("labels", call.principal.role().labels());
    body.put("scopes", call.principal.scopes());
    body.put("userId", call.principal.userId() == null ? "" : call.principal.userId());
    return Reply.json(200, body);
  }

  private Instant expires(AdminCall call) {
    long seconds = call.body.path("expiresSeconds").asLong(limits.credential().toSeconds());
    return parts.clock().instant().plusSeconds(seconds);
  }

  /** The role that somebody is to get, which the caller must be able to give. */
  AdminRoles.Role given(AdminCall call, String name) {
    AdminRoles.Role role =
        roles
            .find(name)
            .orElseThrow(
                () -> AdminProblem.field("role", "there is no role " + AdminApi.shown(name)));
    mayGive(call, role);
    return role;
  }

  /** Nobody changes what belongs to somebody who may do more than he. */
  void mayTouch(AdminCall call, String role) {
    mayGive(call, roles.orNothing(role));
  }

  private static void mayGive(AdminCall call, AdminRoles.Role role) {
    if (!call.principal.covers(role)) {
      throw AdminProblem.forbidden(
          "The role %s may do more than you; you cannot give it.".formatted(role.name()));
    }
  }

  /** The one user of that id or e-mail address. */
  static UserRecord userNamed(IdentityState state, String named) {
    List<UserRecord> users =
        state.users().values().stream()
            .filter(user -> user.id().equals(named) || user.email().equalsIgnoreCase(named))
            .toList();
    if (users.size() != 1) {
      throw AdminProblem.field(
          "user", "names %d users (expected: one; give the id)".formatted(users.size()));
    }
    return users.getFirst();
  }

  // -- tokens

  private Reply tokens(AdminCall call) {
    return pages.lines(
        call,
        parts.administrators().tokens().list(LISTED).stream().map(AccessHandlers::line).toList(),
        "id");
  }

  private static Map<String, Object> line(AdminTokens.Listed token) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", token.id());
    line.put("name", token.name());
    line.put("role", token.role());
    line.put("userId", token.userId() == null ? "" : token.userId());
    line.put("createdAt", token.createdAt().toString());
    line.put("expiresAt", token.expiresAt() == null ? null : token.expiresAt().toString());
    line.put("lastUsedAt", token.lastUsedAt() == null ? null : token.lastUsedAt().toString());
    line.put("revoked", token.revoked());
    return line;
  }

  private Reply createToken(AdminCall call) {
    AdminRoles.Role role = given(call, call.text("role"));
    Instant expires = expires(call);
    String userId =
        call.text("user").isEmpty()
            ? null
            : userNamed(parts.snapshots().refresh().identities(), call.text("user")).id();
    AdminTokens.Created created =
        parts
            .administrators()
            .tokens()
            .create(new AdminTokens.Order(call.text("name"), role.name(), userId, expires));
    Map<String, String> fields =
        Map.of(
            "name",
            call.text("name"),
            "role",
            role.name(),
            "userId",
            userId == null ? "" : userId,
            "expiresAt",
            expires.toString());
    call.now(created.id(), fields);
    Map<String, Object> body = new LinkedHashMap<>(fields);
    body.put("id", created.id());
    body.put("token", created.secret());
    return Reply.json(201, body);
  }

  private Reply revokeToken(AdminCall call) {
    String id = call.path("id");
    AdminTokens.Listed token =
        parts
            .administrators()
            .tokens()
            .find(id)
            .filter(each -> !each.revoked())
            .orElseThrow(() -> AdminProblem.notFound("token", id, "postern admin token list"));
    mayGive(call, roles.orNothing(token.role()));
    parts.administrators().tokens().revoke(id);
    return Reply.json(200, Map.of("id", id, "state", "revoked"));
  }

  // -- roles

  private Map<String, Object> line(AdminRoles.Role role) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", role.name());
    line.put("description", role.description());
    line.put("builtIn", roles.isBuiltIn(role.name()));
    line.put("permissions", role.permissions());
    line.put("labels", role.labels());
    return line;
  }

  private Reply listRoles(AdminCall call) {
    return pages.lines(call, roles.all().stream().map(this::line).toList(), "name");
  }

  private Reply readRole(AdminCall call) {
    return Reply.json(200, line(role(call)));
  }

  private AdminRoles.Role role(AdminCall call) {
    return roles
        .find(call.path("name"))
        .orElseThrow(
            () -> AdminProblem.notFound("role", call.path("name"), "postern admin role list"));
  }

  private void own(String name) {
    if (roles.isBuiltIn(name)) {
      throw new AdminProblem(
          409, "built-in", "The role %s is built in".formatted(name), "Choose another name.");
    }
    if (!name.matches("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")) {
      throw AdminProblem.field("name", "expected: lower-case letters, digits, '.', '_', '-'");
    }
  }

  private Reply putRole(AdminCall call) {
    String name = call.path("name");
    own(name);
    AdminRoles.Role role =
        new AdminRoles.Role(
            name, call.text("description"), call.texts("permissions"), call.texts("labels"));
    mayGive(call, role);
    roles.find(name).ifPresent(old -> mayGive(call, old));
    parts.administrators().roles().put(role);
    call.now(
        name,
        Map.of(
            "permissions", String.join(" ", role.permissions()),
            "labels", String.join(" ", role.labels())));
    return Reply.json(200, line(role));
  }

  private Reply removeRole(AdminCall call) {
    AdminRoles.Role role = role(call);
    own(role.name());
    mayGive(call, role);
    if (parts.administrators().roles().isUsed(role.name())) {
      throw new AdminProblem(
          409,
          "in-use",
          "Somebody has the role " + role.name(),
          "End their tokens and clients first: postern admin token list");
    }
    parts.administrators().roles().remove(role.name());
    return Reply.json(200, Map.of("name", role.name(), "state", "removed"));
  }

  // -- API clients

  private Reply clients(AdminCall call) {
    return pages.lines(
        call,
        parts.administrators().clients().list(LISTED).stream().map(AccessHandlers::line).toList(),
        "id");
  }

  private static Map<String, Object> line(ApiClients.Listed client) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", client.id());
    line.put("name", client.name());
    line.put("role", client.role());
    line.put("createdAt", client.createdAt().toString());
    line.put("createdBy", client.createdBy());
    line.put("expiresAt", client.expiresAt().toString());
    line.put("revoked", client.revoked());
    return line;
  }

  private Reply createClient(AdminCall call) {
    AdminRoles.Role role = given(call, call.text("role"));
    Instant expires = expires(call);
    String name = call.text("name");
    ApiClients.Created created =
        parts
            .administrators()
            .clients()
            .create(name, role.name(), call.principal.person(), expires)
            .orElseThrow(() ->
                new AdminProblem(
                    409,
                    "exists",
                    "There is an API client %s already".formatted(name),
                    "Rotate its secret, or choose another name."));
    Map<String, String> fields =
        Map.of("name", name, "role", role.name(), "expiresAt", expires.toString());
    call.now(created.id(), fields);
    Map<String, Object> body = new LinkedHashMap<>(fields);
    body.put("clientId", created.id());
    body.put("clientSecret", created.secret());
    return Reply.json(201, body);
  }

  private ApiClients.Listed client(AdminCall call) {
    ApiClients.Listed client =
        parts
            .administrators()
            .clients()
            .find(call.path("id"))
            .filter(found -> !found.revoked())
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "API client", call.path("id"), "postern admin api-client list"));
    mayGive(call, roles.orNothing(client.role()));
    return client;
  }

  private Reply revokeClient(AdminCall call) {
    ApiClients.Listed client = client(call);
    parts.administrators().clients().revoke(client.id());
    return Reply.json(200, Map.of("id", client.id(), "state", "revoked"));
  }

  private Reply rotateClient(AdminCall call) {
    ApiClients.Listed client = client(call);
    ApiClients.Created created = parts.administrators().clients().rotate(client.id()).orElseThrow();
    return Reply.json(200, Map.of("clientId", created.id(), "clientSecret", created.secret()));
  }
}
