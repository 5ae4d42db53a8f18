package org.postern.policystore.audit;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Which fields may be read in the log. What is not listed here is a secret: its value is masked
/// before it is written, and only that it changed is known. A list is by the kind of object; fields
/// of `*` are public everywhere.
public final class AuditFields {
  /// What stands in place of a secret.
  public static final String MASK = "(secret)";

  private static final int VALUE_MAX = 8_192;

  private static final Set<String> EVERYWHERE =
      Set.of(
          "id",
          "name",
          "state",
          "description",
          "createdAt",
          "expires",
          "expiresAt",
          "disabled",
          "labels",
          "role",
          "permissions",
          "scopes",
          "provider",
          "email",
          "user",
          "userId",
          "target",
          "requestId",
          "deviceId",
          "platform",
          "group",
          "groups",
          "reason",
          "level",
          "until",
          "application",
          "host",
          "port",
          "seconds",
          "uses",
          "usesMax",
          "cidrs",
          "version",
          "changes",
          "counts",
          "digest",
          "message",
          "kinds",
          "enabled",
          "count",
          "position",
          "revoked",
          "decision",
          "rule",
          "note",
          "format");

  private static final Set<String> OF_RULES =
      Set.of(
          "action",
          "applications",
          "applicationGroups",
          "anyApplication",
          "users",
          "anyone",
          "workloads",
          "when",
          "mode",
          "enforceGroup",
          "enforcePercent",
          "connectorGroups",
          "stepUp",
          "idleTimeout",
          "maxAge",
          "forwarding");

  private static final Map<String, Set<String>> BY_KIND =
      Map.ofEntries(
          Map.entry("domains", Set.of("value")),
          Map.entry("connector-groups", Set.of()),
          Map.entry("server-groups", Set.of("dynamic", "servers", "connectorGroups")),
          Map.entry("trusted-networks", Set.of("sources")),
          Map.entry(
              "posture-profiles",
              Set.of(
                  "platforms",
                  "grace",
                  "maxAge",
                  "os",
                  "kernelAtLeast",
                  "clientAtLeast",
                  "diskEncrypted",
                  "firewallOn",
                  "screenLockWithin",
                  "processes",
                  "files",
                  "joinedTo",
                  "protectedKeys")),
          Map.entry(
              "applications",
              Set.of(
                  "hosts",
                  "tcp",
                  "udp",
                  "connectorGroups",
                  "serverGroups",
                  "allowLoopback",
                  "allowLinkLocal",
                  "idleTimeout",
                  "maxAge",
                  "lanePerFlow",
                  "matching",
                  "health",
                  "exists",
                  "bypass")),
          Map.entry("application-groups", Set.of("applications")),
          Map.entry("groups", Set.of("members", "from")),
          Map.entry("rules", OF_RULES),
          Map.entry("session-rules", OF_RULES),
          Map.entry("forwarding-rules", OF_RULES),
          Map.entry(
              "identity-providers",
              Set.of(
                  "issuer",
                  "clientId",
                  "clientKey",
                  "clientSecretKept",
                  "clientSecretFile",
                  "clientSecretEnv",
                  "groupsClaim",
                  "domains",
                  "anyDomain",
                  "attributes",
                  "signIn",
                  "administrators",
                  "sessionLength",
                  "devicesPerUser",
                  "userInfo",
                  "scopes",
                  "saml",
                  "allowPlainHttp")),
          Map.entry(
              "tests",
              Set.of(
                  "expect",
                  "transport",
                  "at",
                  "attributes",
                  "authenticated",
                  "context",
                  "methods",
                  "clientType",
                  "posture",
                  "source",
                  "trustedNetworks",
                  "country",
                  "risk")),
          Map.entry("user", Set.of("subject", "displayName", "active", "userName", "acr", "amr")),
          Map.entry("signal", Set.of("issuer")),
          Map.entry("signal-stream", Set.of()),
          Map.entry("session", Set.of("authenticatedAt", "method", "acr", "amr")));

  private AuditFields() {}

  /// Whether values of this field may be read.
  ///
  /// @param field its name, or a path whose first part counts: `conditions.posture`
  public static boolean isPublic(String objectKind, String field) {
    int dot = field.indexOf('.');
    String first = dot < 0 ? field : field.substring(0, dot);
    return EVERYWHERE.contains(first) || BY_KIND.getOrDefault(objectKind, Set.of()).contains(first);
  }

  /// The fields as they may be written.
  public static Map<String, String> masked(String objectKind, Map<String, String> fields) {
    Map<String, String> result = new TreeMap<>();
    fields.forEach((name, value) ->
        result.put(name, isPublic(objectKind, name) ? AuditEvent.cut(value, VALUE_MAX) : MASK));
    return result;
  }
}
