package org.postern.clientconnector.local;

import java.util.ArrayList;
import java.util.List;

/**
 * An IPv4 range in prefix notation.
 *
 * @param base first address as a 32-bit number, host bits zero
 * @param prefixLength 0 to 32
 */
public record Ipv4Range(int base, int prefixLength) implements IpRange {

  public Ipv4Range {
    if (prefixLength < 0 || prefixLength > 32) {
      throw new IllegalArgumentException("prefix length: " + prefixLength + " (expected: 0 to 32)");
    }
    base &= mask(prefixLength);
  }

  /**
   * Reads {@code a.b.c.d/n}, or one address as {@code /32}; host bits are cleared.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  public static Ipv4Range parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return new Ipv4Range(parseAddress(text), 32);
    }
    String length = text.substring(slash + 1);
    if (length.isEmpty() || length.length() > 2 || !length.chars().allMatch(Character::isDigit)) {
      throw new IllegalArgumentException("range: " + text + " (expected: a.b.c.d/0 to a.b.c.d/32)");
    }
    return new Ipv4Range(parseAddress(text.substring(0, slash)), Integer.parseInt(length));
  }

  /**
   * Reads a dotted quad, strictly: four decimal numbers without leading zeros.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public static int parseAddress(String text) {
    String[] parts = text.split("\\.", -1);
    int address = 0;
    for (String part : parts) {
      boolean digits = !part.isEmpty() && part.length() <= 3;
      for (int i = 0; i < part.length(); i++) {
        digits &= part.charAt(i) >= '0' && part.charAt(i) <= '9';
      }
      if (!digits || (part.length() > 1 && part.charAt(0) == '0') || Integer.parseInt(part) > 255) {
        throw new IllegalArgumentException("not an IPv4 address (expected: a.b.c.d)");
      }
      address = address << 8 | Integer.parseInt(part);
    }
    if (parts.length != 4) {
      throw new IllegalArgumentException("not an IPv4 address (expected: a.b.c.d)");
    }
    return address;
  }

  /** Dotted quad of an address. */
  public static String text(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255);
  }

  /** Whether the address lies in the range. */
  public boolean contains(int address) {
    return (address & mask(prefixLength)) == base;
  }

  /** Whether both ranges have an address in common. */
  public boolean overlaps(Ipv4Range other) {
    return contains(other.base) || other.contains(base);
  }

  /** Number of addresses in the range. */
  public long size() {
    return 1L << (32 - prefixLength);
  }

  /** The reverse zones of these addresses: whole octets only, so that a /16 is one, a /22 four. */
  public List<String> reverseZones() {
    int octets = (prefixLength + 7) / 8;
    long step = 1L << (32 - octets * 8);
    List<String> zones = new ArrayList<>();
    for (long offset = 0; offset < size(); offset += step) {
      String[] parts = text((int) (base + offset)).split("\\.");
      StringBuilder zone = new StringBuilder();
      for (int i = octets - 1; i >= 0; i--) {
        zone.append(parts[i]).append('.');
      }
      zones.add(zone.append("in-addr.arpa").toString());
    }
    return zones;
  }

  @Override
  public String toString() {
    return text(base) + "/" + prefixLength;
  }

  private static int mask(int prefixLength) {
    return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
  }
}
