package org.postern.clientconnector.local;

import java.util.ArrayList;
import java.util.List;

/**
 * An IPv6 range in prefix notation.
 *
 * @param base first address, host bits zero
 * @param prefixLength 0 to 128
 */
public record Ipv6Range(Ipv6Address base, int prefixLength) implements IpRange {

  public Ipv6Range {
    if (prefixLength < 0 || prefixLength > 128) {
      throw new IllegalArgumentException(
          "prefix length: " + prefixLength + " (expected: 0 to 128)");
    }
    base = masked(base, prefixLength);
  }

  /**
   * Reads {@code ADDRESS/n}, or one address as {@code /128}; host bits are cleared.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  public static Ipv6Range parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return new Ipv6Range(Ipv6Address.parse(text), 128);
    }
    String length = text.substring(slash + 1);
    if (!length.matches("[0-9]{1,3}")) {
      throw new IllegalArgumentException("range: " + text + " (expected: ADDRESS/0 to /128)");
    }
    return new Ipv6Range(Ipv6Address.parse(text.substring(0, slash)), Integer.parseInt(length));
  }

  /** Whether the address lies in the range. */
  public boolean contains(Ipv6Address address) {
    return masked(address, prefixLength).equals(base);
  }

  /** Whether both ranges have an address in common. */
  public boolean overlaps(Ipv6Range other) {
    return contains(other.base) || other.contains(base);
  }

  /**
   * The reverse zones that hold the names of these addresses and as few others as whole digits
   * allow: a /112 is one zone, a /118 four.
   */
  public List<String> reverseZones() {
    int digits = (prefixLength + 3) / 4;
    List<String> zones = new ArrayList<>();
    for (int last = 0; last < 1 << (digits * 4 - prefixLength); last++) {
      StringBuilder zone = new StringBuilder();
      for (int i = digits - 1; i >= 0; i--) {
        int digit = base.digit(i) | (i == digits - 1 ? last : 0);
        zone.append(Character.forDigit(digit, 16)).append('.');
      }
      zones.add(zone.append("ip6.arpa").toString());
    }
    return zones;
  }

  @Override
  public String toString() {
    return base + "/" + prefixLength;
  }

  private static Ipv6Address masked(Ipv6Address address, int prefixLength) {
    long high = prefixLength == 0 ? 0 : address.high() & -1L << Math.max(0, 64 - prefixLength);
    long low = prefixLength <= 64 ? 0 : address.low() & -1L << (128 - prefixLength);
    return new Ipv6Address(high, low);
  }
}
