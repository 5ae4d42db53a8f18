package org.postern.broker.signin;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.postern.policystore.AddressRange;
import org.postern.policystore.EmbeddedAddresses;

/**
 * Whether an address is on the public Internet, by the IANA registries of special-purpose addresses
 * (RFC 6890). What is not is inside somebody's network, perhaps ours, perhaps the cloud's metadata.
 * An address that carries another is public if both are.
 */
final class PublicAddress {
  private static final int IPV4_BYTES = 4;

  private static final List<AddressRange> SPECIAL =
      ranges(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24",
          "192.0.2.0/24",
          "192.88.99.0/24",
          "192.168.0.0/16",
          "198.18.0.0/15",
          "198.51.100.0/24",
          "203.0.113.0/24",
          "224.0.0.0/4",
          "240.0.0.0/4",
          // Azure's own services towards its machines: not special to IANA, and not the Internet.
          "168.63.129.16",
          // Protocol assignments, and among them Teredo; documents; 6to4, which is no more.
          "2001::/23",
          "2001:db8::/32",
          "2002::/16",
          "3fff::/20");

  /** Global unicast; and NAT64 by the well-known prefix, which is how an IPv6 network sees IPv4. */
  private static final List<AddressRange> GLOBAL_IPV6 = ranges("2000::/3", "64:ff9b::/96");

  private PublicAddress() {}

  private static List<AddressRange> ranges(String... texts) {
    return Stream.of(texts).map(text -> AddressRange.parse(text).orElseThrow()).toList();
  }

  static boolean is(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    AddressRange whole =
        bytes.remaining() == IPV4_BYTES
            ? new AddressRange(false, 0, Integer.toUnsignedLong(bytes.getInt()), Integer.SIZE)
            : new AddressRange(true, bytes.getLong(), bytes.getLong(), 2 * Long.SIZE);
    return isPublic(whole)
        && EmbeddedAddresses.in(whole).stream().allMatch(PublicAddress::isPublic);
  }

  private static boolean isPublic(AddressRange address) {
    boolean global =
        !address.ipv6() || GLOBAL_IPV6.stream().anyMatch(each -> each.contains(address));
    return global && SPECIAL.stream().noneMatch(each -> each.contains(address));
  }
}
