package org.postern.broker.administrators;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/** The network that a guess comes from: what one stranger can usually choose addresses of. */
final class SourceNetwork {
  private static final int V4_BYTES = 3;
  private static final int V6_BYTES = 7;

  private SourceNetwork() {}

  /** The /24 of an IPv4 address, the /56 of an IPv6 address. */
  static String of(InetAddress address) {
    int length = address instanceof Inet6Address ? V6_BYTES : V4_BYTES;
    return length + ":" + HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), length));
  }
}
