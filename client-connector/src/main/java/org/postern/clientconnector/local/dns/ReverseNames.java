package org.postern.clientconnector.local.dns;

import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Twin;

/**
 * Reverse names of synthetic addresses: {@code 9.7.64.100.in-addr.arpa} (RFC 1035 section 3.5), and
 * 32 single digits below {@code ip6.arpa} (RFC 3596 section 2.5).
 */
final class ReverseNames {

  private static final String IPV4_SUFFIX = ".in-addr.arpa";
  private static final String IPV6_SUFFIX = ".ip6.arpa";
  private static final int IPV6_DIGITS = 32;

  private ReverseNames() {}

  /**
   * The synthetic address that a name stands for; null if it is no reverse name, or one of an
   * address outside: somebody else's question.
   *
   * @param name lower case, without a trailing dot
   * @param twin null where this machine has no IPv6
   */
  static @Nullable Integer address(String name, Ipv4Range range, @Nullable Ipv6Twin twin) {
    if (name.endsWith(IPV4_SUFFIX)) {
      Integer address = ipv4(name.substring(0, name.length() - IPV4_SUFFIX.length()));
      return address != null && range.contains(address) ? address : null;
    }
    if (twin != null && name.endsWith(IPV6_SUFFIX)) {
      Ipv6Address address = ipv6(name.substring(0, name.length() - IPV6_SUFFIX.length()));
      return address == null ? null : twin.ipv4(address);
    }
    return null;
  }

  private static @Nullable Integer ipv4(String reversed) {
    String[] octets = reversed.split("\\.", -1);
    if (octets.length != 4) {
      return null;
    }
    try {
      return Ipv4Range.parseAddress(
          octets[3] + "." + octets[2] + "." + octets[1] + "." + octets[0]);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable Ipv6Address ipv6(String reversed) {
    if (reversed.length() != IPV6_DIGITS * 2 - 1) {
      return null;
    }
    long high = 0;
    long low = 0;
    for (int i = IPV6_DIGITS - 1; i >= 0; i--) {
      int digit = Character.digit(reversed.charAt(i * 2), 16);
      if (digit < 0 || (i > 0 && reversed.charAt(i * 2 - 1) != '.')) {
        return null;
      }
      high = high << 4 | low >>> 60;
      low = low << 4 | digit;
    }
    return new Ipv6Address(high, low);
  }
}
