package org.postern.broker.scim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.ScimGroups;
import org.postern.policystore.jdbc.ScimUsers;

/** One request: the provider that it is of, and how its answer looks. */
final class ScimCall {
  final String base;
  final ScimTypes types;
  final UserService users;
  final GroupService groups;
  private final ScimLimits limits;

  ScimCall(
      ScimStores stores, ScimLimits limits, String provider, String publicUrl, ScimTypes types) {
    this.limits = limits;
    this.base = publicUrl + "/scim/v2/" + provider;
    this.types = types;
    this.users = new UserService(stores.users(), stores.groups(), limits, provider, base, types);
    this.groups = new GroupService(stores.groups(), limits, provider, base, types);
  }

  ScimQuery query(Head head) {
    return ScimQuery.of(head.query(), limits);
  }

  ObjectNode config() {
    return Discovery.serviceProviderConfig(limits, base);
  }

  /** What this request changed, for the audit log. */
  record Noted(String name, Map<String, String> after) {}

  private Noted noted = new Noted("", Map.of());

  Noted noted() {
    return noted;
  }

  Reply ok(ObjectNode body) {
    return ScimJson.reply(200, body);
  }

  Reply shown(int status, ScimUsers.Stored user, ScimQuery query) {
    noted =
        new Noted(
            user.id(),
            Map.of("userName", user.userName(), "active", Boolean.toString(user.active())));
    return ScimJson.reply(status, users.shown(user, query))
        .with("ETag", ScimJson.etag(user.version()));
  }

  /** Without the group: its members are not sent back for one that came (RFC 7644, 3.5.2). */
  Reply patched(ScimGroups.Stored group) {
    note(group);
    return ScimJson.empty(204).with("ETag", ScimJson.etag(group.version()));
  }

  private void note(ScimGroups.Stored group) {
    noted = new Noted(group.id(), Map.of("name", group.displayName()));
  }

  Reply shown(int status, ScimGroups.Stored group, ScimQuery query) {
    note(group);
    return ScimJson.reply(status, groups.shown(group, query))
        .with("ETag", ScimJson.etag(group.version()));
  }
}
