package org.postern.clientconnector.local.redirect;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.Ipv4Address;
import org.postern.clientconnector.local.Ipv6Address;

/**
 * Where a program wanted to go before the kernel redirected its connection (SO_ORIGINAL_DST, which
 * has the same number in IPv6).
 *
 * @param address a synthetic address, its twin, or one of a permitted range
 * @param port 1 to 65,535
 */
record OriginalDestination(IpAddress address, int port) {

  private static final int SO_ORIGINAL_DST = 80;
  private static final int PORT_AT = 2;

  /** struct sockaddr_in: family (2, host order), port (2), address (4), zero (8). */
  private static final int SOCKADDR_IN_LENGTH = 16;

  private static final int SOL_IP = 0;
  private static final int IPV4_AT = 4;

  /** struct sockaddr_in6: family (2, host order), port (2), flow (4), address (16), scope (4). */
  private static final int SOCKADDR_IN6_LENGTH = 28;

  private static final int SOL_IPV6 = 41;
  private static final int IPV6_AT = 8;

  private static final Ipv6Address LOOPBACK = new Ipv6Address(0, 1);

  private static final RawUnixChannelOption OVER_IPV4 =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, SOCKADDR_IN_LENGTH);
  private static final RawUnixChannelOption OVER_IPV6 =
      new RawUnixChannelOption(
          "IP6T_SO_ORIGINAL_DST", SOL_IPV6, SO_ORIGINAL_DST, SOCKADDR_IN6_LENGTH);

  /** Reads it from one kind of accepted connection. */
  interface Reader {
    /** Null if the connection was not redirected, or from nowhere that is ours. */
    @Nullable OriginalDestination of(Channel accepted);
  }

  /** Of a connection that came in over IPv4. */
  static @Nullable OriginalDestination overIpv4(Channel accepted) {
    ByteBuffer told = ask(accepted, OVER_IPV4, SOCKADDR_IN_LENGTH);
    if (told == null) {
      return null;
    }
    int address = told.getInt(told.position() + IPV4_AT);
    return address >>> 24 == 127 ? null : at(new Ipv4Address(address), told);
  }

  /** Of one that came in over IPv6. */
  static @Nullable OriginalDestination overIpv6(Channel accepted) {
    ByteBuffer told = ask(accepted, OVER_IPV6, SOCKADDR_IN6_LENGTH);
    if (told == null) {
      return null;
    }
    int start = told.position() + IPV6_AT;
    Ipv6Address address = new Ipv6Address(told.getLong(start), told.getLong(start + 8));
    return address.equals(LOOPBACK) ? null : at(address, told);
  }

  private static @Nullable OriginalDestination at(IpAddress address, ByteBuffer told) {
    int port = told.getShort(told.position() + PORT_AT) & 0xffff;
    return port == 0 ? null : new OriginalDestination(address, port);
  }

  private static @Nullable ByteBuffer ask(
      Channel accepted, RawUnixChannelOption option, int length) {
    try {
      ByteBuffer told = accepted.config().getOption(option);
      return told == null || told.remaining() < length ? null : told;
    } catch (ChannelException e) {
      return null; // not a redirected connection
    }
  }
}
