package org.postern.clientconnector.local.synthetic;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;

/**
 * The map between names and synthetic addresses. Two names never share an address; a name keeps its
 * address; an address is given to another name only when the pool is nearly exhausted, and then
 * only the least recently used one, without live flows and idle for long.
 *
 * <p>Pure: no file, no clock. Owned by one event loop.
 */
public final class SyntheticAddresses {

  /** Addresses at the start of the range that are never given to a name. */
  public static final int RESERVED = 256;

  /** Offset of the address of our resolver in the range. */
  public static final int RESOLVER_OFFSET = 2;

  /** Offset of the device's own address in the range. */
  public static final int DEVICE_OFFSET = 1;

  /** The pool counts as nearly exhausted when less than this share of it is free: 1/64. */
  private static final int EXHAUSTED_SHARE = 64;

  /** A last use that is this much older than what is written is written again. */
  private static final Duration REWRITTEN_AFTER = Duration.ofHours(1);

  private static final class Holding {
    final String name;
    final int offset;
    Instant lastUse;
    Instant written;
    int flows;

    Holding(String name, int offset, Instant lastUse) {
      this.name = name;
      this.offset = offset;
      this.lastUse = lastUse;
      this.written = lastUse;
    }
  }

  private final Ipv4Range range;
  private final int capacity;
  private final Duration reuseAfter;

  /** In order of use: the least recently used first. */
  private final Map<String, Holding> byName = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<Integer, Holding> byOffset = new HashMap<>();

  /**
   * An empty map.
   *
   * @param range /8 to /22
   * @param reuseAfter how long an address must have been idle before another name may have it
   */
  public SyntheticAddresses(Ipv4Range range, Duration reuseAfter) {
    this.range = range;
    this.capacity = Math.toIntExact(range.size() - RESERVED - 1); // the broadcast address stays out
    this.reuseAfter = reuseAfter;
  }

  /** Address of our resolver. */
  public int resolverAddress() {
    return range.base() + RESOLVER_OFFSET;
  }

  /** The device's own address. */
  public int deviceAddress() {
    return range.base() + DEVICE_OFFSET;
  }

  /** The range that addresses come from. */
  public Ipv4Range range() {
    return range;
  }

  /** Number of names that have an address. */
  public int size() {
    return byName.size();
  }

  /**
   * The outcome of an assignment.
   *
   * @param address the name's address
   * @param toWriteDown whether the journal must hold it before anybody is told: it is new, or what
   *     is written about its last use is old
   * @param displaced the name that had the address until now, if any
   */
  public record Assignment(int address, boolean toWriteDown, @Nullable String displaced) {}

  /**
   * The address of a name, assigned if it has none.
   *
   * @param name any case; compared without regard to case
   * @throws AddressRefusedException if the pool is used up by names that are in use
   */
  public Assignment assign(String name, Instant now) throws AddressRefusedException {
    String key = name.toLowerCase(Locale.ROOT);
    Holding holding = byName.get(key);
    if (holding != null) {
      boolean stale = holding.written.plus(REWRITTEN_AFTER).isBefore(now);
      holding.lastUse = now;
      holding.written = stale ? now : holding.written;
      return new Assignment(range.base() + holding.offset, stale, null);
    }
    String displaced = null;
    int offset;
    if (capacity - byName.size() > capacity / EXHAUSTED_SHARE) {
      offset = freeOffset(key);
    } else {
      Holding oldest = reusable(now);
      if (oldest != null) {
        remove(oldest);
        displaced = oldest.name;
        offset = oldest.offset;
      } else if (byName.size() < capacity) {
        offset = freeOffset(key);
      } else {
        throw new AddressRefusedException(
            "all "
                + capacity
                + " synthetic addresses of "
                + range
                + " are in use (expected: one idle for "
                + reuseAfter.toDays()
                + " days); choose a larger range with --range");
      }
    }
    put(new Holding(key, offset, now));
    return new Assignment(range.base() + offset, true, displaced);
  }

  /** The address that a name has, without making one. */
  public @Nullable Integer find(String name) {
    Holding holding = byName.get(name.toLowerCase(Locale.ROOT));
    return holding == null ? null : range.base() + holding.offset;
  }

  /** The name behind an address, or null if nobody has it. */
  public @Nullable String nameOf(int address) {
    Holding holding = byOffset.get(address - range.base());
    return holding == null ? null : holding.name;
  }

  /** A flow to this address begins: it keeps the address from being given away. */
  public void hold(int address, Instant now) {
    Holding holding = byOffset.get(address - range.base());
    if (holding != null) {
      holding.flows++;
      holding.lastUse = now;
      byName.get(holding.name); // moves it to the recently used end
    }
  }

  /** A flow that was announced by {@link #hold} ended. */
  public void release(int address, Instant now) {
    Holding holding = byOffset.get(address - range.base());
    if (holding != null && holding.flows > 0) {
      holding.flows--;
      holding.lastUse = now;
      byName.get(holding.name);
    }
  }

  /**
   * Puts back a pair that was written down earlier. A pair that contradicts one that is already
   * there replaces it: the later record of a journal is the true one.
   */
  public void restore(String name, int offset, Instant lastUse) {
    if (offset < RESERVED || offset >= RESERVED + capacity) {
      return;
    }
    String key = name.toLowerCase(Locale.ROOT);
    Holding earlier = byName.get(key);
    if (earlier != null) {
      remove(earlier);
    }
    Holding squatter = byOffset.get(offset);
    if (squatter != null) {
      remove(squatter);
    }
    put(new Holding(key, offset, lastUse));
  }

  /** Calls back with every record, least recently used first. */
  public void forEach(RecordVisitor visitor) {
    for (Holding holding : byName.values()) {
      visitor.visit(holding.name, holding.offset, holding.lastUse);
    }
  }

  /** Calls back with every name and its address, least recently used first. */
  public void forEachAddress(BiConsumer<String, Integer> visitor) {
    forEach((name, offset, lastUse) -> visitor.accept(name, range.base() + offset));
  }

  /** Receives the records of {@link #forEach}. */
  @FunctionalInterface
  public interface RecordVisitor {
    /** One name with its offset in the range and its last use. */
    void visit(String name, int offset, Instant lastUse);
  }

  /**
   * Starts at a place that depends on the name alone, so that most names keep their address even
   * when the written map is lost.
   */
  private int freeOffset(String key) {
    int start = Math.floorMod(mix(key), capacity);
    for (int i = 0; i < capacity; i++) {
      int offset = RESERVED + (start + i) % capacity;
      if (!byOffset.containsKey(offset)) {
        return offset;
      }
    }
    throw new AssertionError("no free address, although the pool is not full");
  }

  private @Nullable Holding reusable(Instant now) {
    for (Holding holding : byName.values()) {
      if (holding.flows == 0 && !holding.lastUse.plus(reuseAfter).isAfter(now)) {
        return holding;
      }
    }
    return null;
  }

  private void put(Holding holding) {
    byName.put(holding.name, holding);
    byOffset.put(holding.offset, holding);
  }

  private void remove(Holding holding) {
    byName.remove(holding.name);
    byOffset.remove(holding.offset);
  }

  /** FNV-1a with a final avalanche: stable between releases of the JDK, unlike a random seed. */
  private static int mix(String key) {
    int hash = 0x811c9dc5;
    for (int i = 0; i < key.length(); i++) {
      hash = (hash ^ key.charAt(i)) * 0x01000193;
    }
    hash ^= hash >>> 15;
    hash *= 0x2c1b3c6d;
    return hash ^ hash >>> 12;
  }
}
