package org.postern.broker.admin;

import java.util.Locale;

/**
 * One kind of the policy document.
 *
 * @param key in the document: {@code connectorGroups}
 * @param word in paths, permissions and the audit log: {@code connector-groups}
 */
record PolicyKind(String key, String word) {
  static PolicyKind of(String key) {
    return new PolicyKind(key, key.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
  }

  /** Whether its members are texts and not objects with names. */
  boolean isText() {
    return key.equals("domains");
  }

  /** Whether a role that is narrowed to labels may change some of its members. */
  boolean isByLabel() {
    return key.equals("applications") || isOrdered();
  }

  /** Whether the order of its members matters. */
  boolean isOrdered() {
    return key.toLowerCase(Locale.ROOT).endsWith("rules");
  }
}
