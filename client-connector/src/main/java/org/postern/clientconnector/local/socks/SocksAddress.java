package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.postern.clientconnector.local.Ipv4Range;

/**
 * An address in the language of SOCKS5, in requests and before every datagram (RFC 1928 section 5).
 *
 * <pre>
 *   | 1 | IPv4(4)               | port(2) |
 *   | 3 | length n | n letters  | port(2) |
 *   | 4 | IPv6(16)              | port(2) |
 * </pre>
 *
 * @param host whatever stood there, not yet checked
 * @param port 0 to 65,535
 */
record SocksAddress(String host, int port) {

  static final int TYPE_IPV4 = 1;
  static final int TYPE_NAME = 3;
  static final int TYPE_IPV6 = 4;

  /** Bytes from the type to the port; 0 if there is no such type. Reads two bytes at most. */
  static int length(ByteBuf bytes, int index) {
    return switch (bytes.getUnsignedByte(index)) {
      case TYPE_IPV4 -> 1 + 4 + 2;
      case TYPE_IPV6 -> 1 + 16 + 2;
      case TYPE_NAME -> 1 + 1 + bytes.getUnsignedByte(index + 1) + 2;
      default -> 0;
    };
  }

  /** Reads one whose bytes are all there, and whose type is known. */
  static SocksAddress read(ByteBuf bytes) {
    String host =
        switch (bytes.readUnsignedByte()) {
          case TYPE_IPV4 -> Ipv4Range.text(bytes.readInt());
          case TYPE_NAME ->
              bytes
                  .readCharSequence(bytes.readUnsignedByte(), StandardCharsets.ISO_8859_1)
                  .toString();
          default -> ipv6(bytes);
        };
    return new SocksAddress(host, bytes.readUnsignedShort());
  }

  /** Writes the address of a socket of this machine. */
  static void write(ByteBuf bytes, InetAddress address, int port) {
    byte[] octets = address.getAddress();
    bytes.writeByte(octets.length == 4 ? TYPE_IPV4 : TYPE_IPV6).writeBytes(octets).writeShort(port);
  }

  private static String ipv6(ByteBuf bytes) {
    byte[] address = new byte[16];
    bytes.readBytes(address);
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError("16 bytes are an address", e);
    }
  }
}
