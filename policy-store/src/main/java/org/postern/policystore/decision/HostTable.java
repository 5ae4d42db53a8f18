package org.postern.policystore.decision;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Exact names and wildcard suffixes. One pass over a name, from its end, finds the most specific
/// entry without making a substring: the hash of every suffix is a step of the hash of the whole.
final class HostTable {
  private final int mask;
  private final int[] hashes;
  private final @Nullable String[] names;
  private final @Nullable HostEntry[] exact;
  private final @Nullable HostEntry[] below;

  private HostTable(Builder builder) {
    int capacity = Integer.highestOneBit(Math.max(4, 2 * builder.nodes.size())) << 1;
    this.mask = capacity - 1;
    this.hashes = new int[capacity];
    this.names = new @Nullable String[capacity];
    this.exact = new @Nullable HostEntry[capacity];
    this.below = new @Nullable HostEntry[capacity];
    builder.nodes.forEach(this::put);
  }

  private void put(String name, Node node) {
    int hash = 0;
    for (int i = name.length() - 1; i >= 0; i--) {
      hash = step(hash, name.charAt(i));
    }
    int slot = spread(hash) & mask;
    while (names[slot] != null) {
      slot = slot + 1 & mask;
    }
    hashes[slot] = hash;
    names[slot] = name;
    exact[slot] = node.exact;
    below[slot] = node.below;
  }

  /// The entry of a name: its own, or that of the longest wildcard over it.
  ///
  /// @param host in lower case, without empty labels
  @Nullable HostEntry find(String host) {
    int hash = 0;
    HostEntry found = null;
    for (int i = host.length() - 1; i >= 0; i--) {
      char c = host.charAt(i);
      if (c == '.') {
        int slot = slot(hash, host, i + 1);
        if (slot >= 0 && below[slot] != null) {
          found = below[slot];
        }
      }
      hash = step(hash, c);
    }
    int slot = slot(hash, host, 0);
    return slot >= 0 && exact[slot] != null ? exact[slot] : found;
  }

  private int slot(int hash, String host, int from) {
    int slot = spread(hash) & mask;
    while (true) {
      String name = names[slot];
      if (name == null) {
        return -1;
      }
      if (hashes[slot] == hash
          && name.length() == host.length() - from
          && host.startsWith(name, from)) {
        return slot;
      }
      slot = slot + 1 & mask;
    }
  }

  private static int step(int hash, char c) {
    return 31 * hash + c;
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9e3779b9;
    return mixed ^ mixed >>> 15;
  }

  private static final class Node {
    private @Nullable HostEntry exact;
    private @Nullable HostEntry below;
  }

  static final class Builder {
    private final Map<String, Node> nodes = new HashMap<>();

    void exact(String name, CompiledApplication application) {
      Node node = nodes.computeIfAbsent(name, key -> new Node());
      node.exact = with(node.exact, application);
    }

    void below(String suffix, CompiledApplication application) {
      Node node = nodes.computeIfAbsent(suffix, key -> new Node());
      node.below = with(node.below, application);
    }

    HostTable build() {
      return new HostTable(this);
    }

    private static HostEntry with(@Nullable HostEntry entry, CompiledApplication application) {
      return entry == null ? new HostEntry(application) : entry.and(application);
    }
  }
}
