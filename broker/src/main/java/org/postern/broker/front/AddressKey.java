package org.postern.broker.front;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** What counts as one stranger: an IPv4 address, or the /64 that an IPv6 host chooses from. */
record AddressKey(long bits, boolean v6) {

  static AddressKey of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet6Address
        ? new AddressKey(bytes.getLong(), true)
        : new AddressKey(bytes.getInt() & 0xffff_ffffL, false);
  }
}
