package org.postern.broker.signin;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * Whether an address is on the public Internet, by the IANA registries of special-purpose addresses
 * (RFC 6890). What is not is inside somebody's network, perhaps ours, perhaps the cloud's metadata.
 */
final class PublicAddress {
  private PublicAddress() {}

  static boolean is(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
  }

  private static boolean isPublic4(byte[] address) {
    int first = address[0] & 0xff;
    int second = address[1] & 0xff;
    int third = address[2] & 0xff;
    boolean special =
        first == 0
            || first >= 240
            || (first == 100 && second >= 64 && second < 128)
            || (first == 192 && second == 0 && (third == 0 || third == 2))
            || (first == 192 && second == 88 && third == 99)
            || (first == 198 && (second == 18 || second == 19))
            || (first == 198 && second == 51 && third == 100)
            || (first == 203 && second == 0 && third == 113);
    return !special;
  }

  /** Global unicast is 2000::/3; of it, what embeds an IPv4 address or is for documents is out. */
  private static boolean isPublic6(byte[] address) {
    int first = (address[0] & 0xff) << 8 | (address[1] & 0xff);
    int second = (address[2] & 0xff) << 8 | (address[3] & 0xff);
    boolean globalUnicast = (first & 0xe000) == 0x2000;
    boolean sixToFour = first == 0x2002;
    boolean protocolAssignments = first == 0x2001 && (second & 0xfe00) == 0;
    boolean documentation = (first == 0x2001 && second == 0x0db8) || (first & 0xfff0) == 0x3ff0;
    return globalUnicast && !sixToFour && !protocolAssignments && !documentation;
  }
}
