package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.postern.policystore.jdbc.AdminRoles;

/** Roles built in, and the deployment's own. */
final class Roles {
  private final Map<String, AdminRoles.Role> builtIn = new LinkedHashMap<>();
  private final AdminRoles own;

  Roles(Contract contract, AdminRoles own) {
    this.own = own;
    List<String> words = contract.kinds().stream().map(PolicyKind::word).toList();
    add("owner", "Everything", Stream.of("*:*"));
    add(
        "policy-editor",
        "The whole policy, and what is needed to see its effect",
        Stream.concat(
            words.stream().map(word -> word + ":*"),
            Stream.of(
                "policy:*",
                "analysis:read",
                "status:read",
                "flows:read",
                "users:read",
                "connectors:read",
                "decisions:read",
                "changes:read")));
    add("auditor", "Reads everything, changes nothing", Stream.of("*:read"));
    add(
        "operator",
        "People, devices, connectors and keys; reads the policy",
        Stream.concat(
            words.stream().map(word -> word + ":read"),
            Stream.of(
                "policy:read",
                "analysis:read",
                "status:read",
                "flows:read",
                "users:*",
                "sessions:*",
                "scim:*",
                "signals:*",
                "devices:*",
                "risks:*",
                "connectors:*",
                "provisioning-keys:*",
                "service-keys:read",
                "decisions:read")));
    add(
        "approver",
        "Approves requests for access and changes of others",
        Stream.concat(
            words.stream().map(word -> word + ":read"),
            Stream.of("policy:read", "approvals:*", "changes:read", "changes:approve")));
  }

  private void add(String name, String description, Stream<String> permissions) {
    builtIn.put(name, new AdminRoles.Role(name, description, permissions.toList(), List.of()));
  }

  boolean isBuiltIn(String name) {
    return builtIn.containsKey(name);
  }

  Optional<AdminRoles.Role> find(String name) {
    return Optional.ofNullable(builtIn.get(name)).or(() -> own.find(name));
  }

  List<AdminRoles.Role> all() {
    List<AdminRoles.Role> all = new ArrayList<>(builtIn.values());
    all.addAll(own.list());
    return all;
  }

  /** What a token of a role that is gone may do: nothing. */
  AdminRoles.Role orNothing(String name) {
    return find(name).orElseGet(() -> new AdminRoles.Role(name, "", List.of(), List.of()));
  }
}
