package org.postern.clientconnector.local;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/** An address of either version of IP. */
public sealed interface IpAddress permits Ipv4Address, Ipv6Address {

  /** The same address. */
  static IpAddress of(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return bytes.remaining() == 4
        ? new Ipv4Address(bytes.getInt())
        : new Ipv6Address(bytes.getLong(), bytes.getLong());
  }
}
