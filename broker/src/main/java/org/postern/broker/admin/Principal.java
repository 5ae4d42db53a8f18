package org.postern.broker.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.jdbc.AdminRoles;

/**
 * Whoever makes a request, and what he may do.
 *
 * @param scopes what an access token is narrowed to; empty: to nothing less than the role
 * @param userId the same person as a user of applications; null: not known to be one
 */
record Principal(Actor actor, AdminRoles.Role role, List<String> scopes, @Nullable String userId) {
  /** Somebody who is not known to be a user of applications. */
  Principal(Actor actor, AdminRoles.Role role, List<String> scopes) {
    this(actor, role, scopes, null);
  }

  /** Copies the list. */
  Principal {
    scopes = List.copyOf(scopes);
  }

  /** May he do this? {@code permission} is {@code resource:verb}. */
  boolean may(String permission) {
    return matches(role.permissions(), permission)
        && (scopes.isEmpty() || matches(scopes, permission));
  }

  private static boolean matches(List<String> patterns, String permission) {
    int colon = permission.indexOf(':');
    String resource = permission.substring(0, colon);
    String verb = permission.substring(colon + 1);
    for (String pattern : patterns) {
      int middle = pattern.indexOf(':');
      if (middle > 0
          && part(pattern.substring(0, middle), resource)
          && part(pattern.substring(middle + 1), verb)) {
        return true;
      }
    }
    return false;
  }

  private static boolean part(String pattern, String text) {
    return pattern.equals("*") || pattern.equals(text);
  }

  /** Whether he reaches only what bears certain labels. */
  boolean isNarrowed() {
    return !role.labels().isEmpty();
  }

  /** Whether everything that another role may do, he may do too: nobody gives what he has not. */
  boolean covers(AdminRoles.Role other) {
    return other.permissions().stream().allMatch(this::may)
        && other.labels().containsAll(role.labels());
  }

  /** By which he is counted: for rates and idempotency keys. */
  String key() {
    return actor.kind() + " " + actor.id();
  }

  /**
   * Whether this is that user: by the mark on the account or token. One without a mark is somebody
   * else, unless it goes by the user's own address.
   */
  boolean isUser(UserRecord user) {
    return userId != null
        ? userId.equals(user.id())
        : actor.kind() == Actor.Kind.ADMINISTRATOR
            && !user.email().isEmpty()
            && actor.name().equalsIgnoreCase(user.email());
  }

  /** The person behind it: two tokens of one name are one person. */
  String person() {
    return actor.name();
  }
}
