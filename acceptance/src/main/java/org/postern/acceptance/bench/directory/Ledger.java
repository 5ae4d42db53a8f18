package org.postern.acceptance.bench.directory;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the broker has acknowledged, which it must know ever after. Each user and each group is
 * written by one thread at a time.
 */
final class Ledger {
  /** A member of a group, by their ids. */
  record Membership(String group, String user) {}

  private final Map<String, String> names = new ConcurrentHashMap<>();
  private final Map<Membership, Boolean> memberships = new ConcurrentHashMap<>();

  void named(String user, String name) {
    names.put(user, name);
  }

  void member(Membership which, boolean is) {
    memberships.put(which, is);
  }

  Map<String, String> names() {
    return Map.copyOf(names);
  }

  Map<Membership, Boolean> memberships() {
    return Map.copyOf(memberships);
  }
}
