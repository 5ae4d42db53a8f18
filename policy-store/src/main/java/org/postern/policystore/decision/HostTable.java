package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.HostPattern;

/// Exact names, wildcard suffixes and patterns. One pass over a name, from its end, finds the most
/// specific entry without making a substring: the hash of every suffix is a step of the hash of the
/// whole. An exact name is narrower than any pattern; of two patterns the one with more given
/// characters is, then a wildcard suffix, then the one that comes first.
///
/// Only names below a suffix under which patterns are listed need more; what came of them is
/// remembered, up to a limit.
final class HostTable {
  private static final int REMEMBERED_MAX = 4_096;

  private final int mask;
  private final int[] hashes;
  private final @Nullable String[] names;
  private final @Nullable HostEntry[] exact;
  private final @Nullable HostEntry[] below;
  private final boolean[] hasGlobs;
  private final boolean globsAnywhere;
  private final Map<String, Node> nodes;
  private final Map<String, HostEntry> globEntries = new HashMap<>();
  private final Map<String, HostEntry> remembered = new ConcurrentHashMap<>();

  private HostTable(Builder builder) {
    int capacity = Integer.highestOneBit(Math.max(4, 2 * builder.nodes.size())) << 1;
    this.mask = capacity - 1;
    this.hashes = new int[capacity];
    this.names = new @Nullable String[capacity];
    this.exact = new @Nullable HostEntry[capacity];
    this.below = new @Nullable HostEntry[capacity];
    this.hasGlobs = new boolean[capacity];
    this.nodes = builder.nodes;
    this.globsAnywhere = nodes.containsKey("");
    nodes.forEach(this::put);
    builder.globs.forEach(
        (pattern, applications) -> globEntries.put(pattern, HostEntry.of(globLevels(pattern))));
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
    hasGlobs[slot] = !node.globs.isEmpty();
    if (!node.exact.isEmpty()) {
      exact[slot] = HostEntry.of(levels(name, node.exact));
    }
    if (!node.below.isEmpty()) {
      below[slot] = HostEntry.of(levels("*." + name, List.of()));
    }
  }

  /// The entry of a name; null if it is nobody's.
  ///
  /// @param host in lower case, without empty labels
  @Nullable HostEntry find(String host) {
    int hash = 0;
    HostEntry found = null;
    boolean globs = globsAnywhere;
    for (int i = host.length() - 1; i >= 0; i--) {
      char c = host.charAt(i);
      if (c == '.') {
        int slot = slot(hash, host, i + 1);
        if (slot >= 0) {
          globs |= hasGlobs[slot];
          found = below[slot] == null ? found : below[slot];
        }
      }
      hash = step(hash, c);
    }
    int slot = slot(hash, host, 0);
    if (slot >= 0 && exact[slot] != null) {
      return exact[slot];
    }
    return globs ? withGlobs(host) : found;
  }

  private @Nullable HostEntry withGlobs(String host) {
    HostEntry entry = remembered.get(host);
    if (entry == null) {
      entry = HostEntry.of(levels(host, List.of()));
      if (remembered.size() >= REMEMBERED_MAX) {
        remembered.clear();
      }
      remembered.put(host, entry);
    }
    return entry.applications.length == 0 ? null : entry;
  }

  /// The entry for the names of a host pattern as a whole, as the configuration writes it.
  HostEntry ofPattern(String pattern) {
    HostEntry glob = globEntries.get(pattern);
    if (glob != null) {
      return glob;
    }
    boolean wildcard = pattern.startsWith("*.");
    String name = wildcard ? pattern.substring(2) : pattern;
    int hash = 0;
    for (int i = name.length() - 1; i >= 0; i--) {
      hash = step(hash, name.charAt(i));
    }
    int slot = slot(hash, name, 0);
    HostEntry entry = slot < 0 ? null : wildcard ? below[slot] : exact[slot];
    return entry == null ? HostEntry.NOWHERE : entry;
  }

  /// The patterns over the names of a pattern, listed or not, the narrowest first: its
  /// applications, then those of each wider one.
  List<List<CompiledApplication>> levels(HostPattern pattern) {
    return switch (pattern) {
      case HostPattern.ExactName(String name) -> {
        Node node = nodes.get(name);
        yield levels(name, node == null ? List.of() : node.exact);
      }
      case HostPattern.WildcardName(String suffix) -> levels("*." + suffix, List.of());
      case HostPattern.Glob(String glob) -> globLevels(glob);
      case HostPattern.Addresses addresses -> List.of();
    };
  }

  /// Over one name that matches, from the pattern itself on.
  private List<List<CompiledApplication>> globLevels(String glob) {
    List<Level> levels = wider(glob.replace('*', 'q').replace('?', 'q'));
    int own = 0;
    for (int i = 0; i < levels.size(); i++) {
      own = levels.get(i).glob() && levels.get(i).text().equals(glob) ? i : own;
    }
    return levels.subList(own, levels.size()).stream().map(Level::of).toList();
  }

  private record Level(int literals, boolean glob, String text, List<CompiledApplication> of) {}

  /// All patterns over a name, the narrowest first.
  private List<List<CompiledApplication>> levels(String host, List<CompiledApplication> exactly) {
    List<List<CompiledApplication>> lists = new ArrayList<>();
    if (!exactly.isEmpty()) {
      lists.add(exactly);
    }
    wider(host).forEach(level -> lists.add(level.of()));
    return lists;
  }

  private List<Level> wider(String host) {
    List<Level> levels = new ArrayList<>();
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      String suffix = host.substring(dot + 1);
      Node node = nodes.get(suffix);
      if (node != null) {
        if (!node.below.isEmpty()) {
          levels.add(new Level(suffix.length() + 1, false, suffix, node.below));
        }
        addGlobs(node, host, levels);
      }
    }
    Node everywhere = nodes.get("");
    if (everywhere != null) {
      addGlobs(everywhere, host, levels);
    }
    levels.sort(
        Comparator.comparingInt(Level::literals)
            .reversed()
            .thenComparing(Level::glob)
            .thenComparing(Level::text));
    return levels;
  }

  private static void addGlobs(Node node, String host, List<Level> levels) {
    for (Glob glob : node.globs) {
      if (!host.startsWith("*.") && glob.pattern.matches(host)) {
        levels.add(new Level(glob.pattern.literals(), true, glob.text, glob.applications));
      }
    }
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

  private record Glob(String text, GlobPattern pattern, List<CompiledApplication> applications) {}

  private static final class Node {
    private List<CompiledApplication> exact = List.of();
    private List<CompiledApplication> below = List.of();
    private final List<Glob> globs = new ArrayList<>(0);
  }

  static final class Builder {
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<String, List<CompiledApplication>> globs = new HashMap<>();

    void exact(String name, CompiledApplication application) {
      Node node = node(name);
      node.exact = with(node.exact, application);
    }

    void below(String suffix, CompiledApplication application) {
      Node node = node(suffix);
      node.below = with(node.below, application);
    }

    void glob(String text, CompiledApplication application) {
      List<CompiledApplication> known = globs.get(text);
      if (known == null) {
        known = new ArrayList<>(1);
        globs.put(text, known);
        GlobPattern pattern = new GlobPattern(text);
        node(pattern.suffix()).globs.add(new Glob(text, pattern, known));
      }
      known.add(application);
    }

    HostTable build() {
      return new HostTable(this);
    }

    private Node node(String name) {
      return nodes.computeIfAbsent(name, key -> new Node());
    }

    private static List<CompiledApplication> with(
        List<CompiledApplication> known, CompiledApplication application) {
      if (known.isEmpty()) {
        return List.of(application);
      }
      List<CompiledApplication> more = new ArrayList<>(known);
      more.add(application);
      return more;
    }
  }
}
