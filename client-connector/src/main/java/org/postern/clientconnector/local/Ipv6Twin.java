package org.postern.clientconnector.local;

import org.jspecify.annotations.Nullable;

/**
 * The IPv6 twin of the synthetic range: the same addresses in other clothes.
 *
 * <pre>
 * +---------------------------------- 96 -+------ 32 ------+
 * | fd | global ID (40) | zero (48)       |  IPv4 address  |
 * +---------------------------------------+----------------+
 *   fd12:3456:789a::6440:709  is the twin of  100.64.7.9
 * </pre>
 *
 * Nothing is kept for it: which name has an address, its ports and its flows are the IPv4 address's
 * affair.
 *
 * @param prefix a /96 of locally assigned unique local addresses (RFC 4193)
 * @param range the synthetic range; no other IPv4 address has a twin
 */
public record Ipv6Twin(Ipv6Range prefix, Ipv4Range range) {

  private static final int IPV4_FROM = 96;
  private static final int LOCALLY_ASSIGNED = 0xfd;

  public Ipv6Twin {
    if (!isPrefix(prefix)) {
      throw new IllegalArgumentException(
          "synthetic IPv6 prefix: "
              + prefix
              + " (expected: a /96 in fd00::/8, for example fd12:3456:789a::/96)");
    }
  }

  /** Whether the last 32 bits are free, and the rest is nobody's on the Internet. */
  public static boolean isPrefix(Ipv6Range prefix) {
    return prefix.prefixLength() == IPV4_FROM && prefix.base().high() >>> 56 == LOCALLY_ASSIGNED;
  }

  /** The twin of a synthetic address. */
  public Ipv6Address of(int address) {
    return new Ipv6Address(
        prefix.base().high(), prefix.base().low() | Integer.toUnsignedLong(address));
  }

  /** The synthetic address whose twin this is; null if it is none. */
  public @Nullable Integer ipv4(Ipv6Address address) {
    int last = (int) address.low();
    return prefix.contains(address) && range.contains(last) ? (Integer) last : null;
  }

  /** All twins, and nothing else: what is routed to the device. */
  public Ipv6Range twins() {
    return new Ipv6Range(of(range.base()), IPV4_FROM + range.prefixLength());
  }
}
