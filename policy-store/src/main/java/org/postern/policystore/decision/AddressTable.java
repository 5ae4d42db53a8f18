package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.IpLiterals;

/// Address ranges, the longest prefix first. IPv4 is asked without allocating.
final class AddressTable {
  private final int[] prefixes4;
  private final int[] prefixes6;
  private final int mask;
  private final long[] keys;
  private final @Nullable HostEntry[] entries;
  private final Map<AddressRange, HostEntry> ipv6;
  private final Map<AddressRange, List<CompiledApplication>> ranges;

  private AddressTable(Map<AddressRange, List<CompiledApplication>> ranges) {
    this.ranges = ranges;
    this.prefixes4 = prefixes(ranges.keySet(), false);
    this.prefixes6 = prefixes(ranges.keySet(), true);
    int capacity = Integer.highestOneBit(Math.max(4, 2 * ranges.size())) << 1;
    this.mask = capacity - 1;
    this.keys = new long[capacity];
    this.entries = new @Nullable HostEntry[capacity];
    this.ipv6 = new HashMap<>();
    ranges
        .keySet()
        .forEach(range -> {
          HostEntry entry = HostEntry.of(levels(range));
          if (range.ipv6()) {
            ipv6.put(range, entry);
          } else {
            put(key(range.low(), range.prefixLength()), entry);
          }
        });
  }

  /// A range's own applications, listed or not, then those of each wider range around it.
  List<List<CompiledApplication>> levels(AddressRange range) {
    List<List<CompiledApplication>> levels = new ArrayList<>(1);
    for (int prefix : range.ipv6() ? prefixes6 : prefixes4) {
      if (prefix <= range.prefixLength()) {
        AddressRange around =
            new AddressRange(
                range.ipv6(),
                range.high() & IpLiterals.maskHigh(range.ipv6(), prefix),
                range.low() & IpLiterals.maskLow(range.ipv6(), prefix),
                prefix);
        List<CompiledApplication> own = ranges.get(around);
        if (own != null) {
          levels.add(own);
        }
      }
    }
    return levels;
  }

  private static int[] prefixes(Set<AddressRange> ranges, boolean ipv6) {
    int[] ascending =
        ranges.stream()
            .filter(range -> range.ipv6() == ipv6)
            .mapToInt(range -> -range.prefixLength())
            .distinct()
            .sorted()
            .toArray();
    for (int i = 0; i < ascending.length; i++) {
      ascending[i] = -ascending[i];
    }
    return ascending;
  }

  private void put(long key, HostEntry entry) {
    int slot = spread(key) & mask;
    while (entries[slot] != null) {
      slot = slot + 1 & mask;
    }
    keys[slot] = key;
    entries[slot] = entry;
  }

  /// The entry of the longest range that an IPv4 address is in.
  @Nullable HostEntry find4(long address) {
    HostEntry found = null;
    for (int prefix : prefixes4) {
      HostEntry entry = at(key(address & IpLiterals.maskLow(false, prefix), prefix));
      if (found == null) {
        found = entry;
      }
    }
    return found;
  }

  private @Nullable HostEntry at(long key) {
    int slot = spread(key) & mask;
    while (entries[slot] != null) {
      if (keys[slot] == key) {
        return entries[slot];
      }
      slot = slot + 1 & mask;
    }
    return null;
  }

  /// The entry of the longest range that an IPv6 address is in.
  @Nullable HostEntry find6(long high, long low) {
    HostEntry found = null;
    for (int prefix : prefixes6) {
      HostEntry entry =
          ipv6.get(
              new AddressRange(
                  true,
                  high & IpLiterals.maskHigh(true, prefix),
                  low & IpLiterals.maskLow(true, prefix),
                  prefix));
      if (found == null) {
        found = entry;
      }
    }
    return found;
  }

  private static long key(long address, int prefix) {
    return address << 6 | prefix;
  }

  private static int spread(long key) {
    long mixed = key * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32);
  }

  /// The entry for the addresses of a range as a whole.
  HostEntry ofRange(AddressRange range) {
    HostEntry entry = range.ipv6() ? ipv6.get(range) : at(key(range.low(), range.prefixLength()));
    return entry == null ? HostEntry.NOWHERE : entry;
  }

  static final class Builder {
    private final Map<AddressRange, List<CompiledApplication>> ranges = new HashMap<>();

    void add(AddressRange range, CompiledApplication application) {
      ranges.computeIfAbsent(range, key -> new ArrayList<>(1)).add(application);
    }

    AddressTable build() {
      return new AddressTable(ranges);
    }
  }
}
