package org.postern.policystore.jdbc;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// An immutable map in a thousand parts, of which the next map shares all that did not change. One
/// changed user among a hundred thousand costs the copy of a hundred entries.
final class PeopleMap<V> extends AbstractMap<String, V> {
  private static final int PARTS = 1024;

  private final Map<String, V>[] parts;
  private final int size;

  private PeopleMap(Map<String, V>[] parts) {
    this.parts = parts;
    int sum = 0;
    for (Map<String, V> part : parts) {
      sum += part.size();
    }
    this.size = sum;
  }

  /// A map with the values of another one and these, which replace those of the same key.
  static <V> Map<String, V> with(
      Map<String, V> known, Collection<V> values, Function<V, String> key) {
    if (values.isEmpty()) {
      return known;
    }
    Map<String, V>[] parts;
    if (known instanceof PeopleMap<V> before) {
      parts = before.parts.clone();
    } else {
      parts = empty();
      PeopleMap.<V>changeable(parts, new boolean[PARTS], known.values(), key);
    }
    changeable(parts, new boolean[PARTS], values, key);
    return new PeopleMap<>(parts);
  }

  private static <V> void changeable(
      Map<String, V>[] parts, boolean[] copied, Collection<V> values, Function<V, String> key) {
    for (V value : values) {
      String name = key.apply(value);
      int part = part(name);
      if (!copied[part]) {
        parts[part] = new HashMap<>(parts[part]);
        copied[part] = true;
      }
      parts[part].put(name, value);
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <V> Map<String, V>[] empty() {
    Map<String, V>[] parts = (Map<String, V>[]) new Map[PARTS];
    Arrays.fill(parts, Map.of());
    return parts;
  }

  private static int part(Object key) {
    int hash = key.hashCode();
    // Part by the high bits: the maps inside use the low ones.
    return (hash ^ hash >>> 11 ^ hash >>> 22) & PARTS - 1;
  }

  @Override
  public @Nullable V get(@Nullable Object key) {
    return key == null ? null : parts[part(key)].get(key);
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return key != null && parts[part(key)].containsKey(key);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Set<Entry<String, V>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Entry<String, V>> iterator() {
        return Arrays.stream(parts).flatMap(part -> part.entrySet().stream()).iterator();
      }

      @Override
      public int size() {
        return size;
      }
    };
  }
}
