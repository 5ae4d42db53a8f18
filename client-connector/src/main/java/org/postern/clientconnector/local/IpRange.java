package org.postern.clientconnector.local;

/** A range of addresses of either version of IP. */
public sealed interface IpRange permits Ipv4Range, Ipv6Range {

  /**
   * Reads {@code ADDRESS/n}, or one address.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  static IpRange parse(String text) {
    return text.indexOf(':') >= 0 ? Ipv6Range.parse(text) : Ipv4Range.parse(text);
  }

  /** Whether the address lies in the range. */
  default boolean holds(IpAddress address) {
    return switch (this) {
      case Ipv4Range range -> address instanceof Ipv4Address(int bits) && range.contains(bits);
      case Ipv6Range range -> address instanceof Ipv6Address one && range.contains(one);
    };
  }
}
