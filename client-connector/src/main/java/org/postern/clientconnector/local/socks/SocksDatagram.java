package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Target;

/**
 * What stands before a datagram between a program and the proxy (RFC 1928 section 7).
 *
 * <pre>
 *   | 0(2) | fragment | type | address | port(2) | data |
 * </pre>
 *
 * @param target where the data is to go
 * @param header the bytes before the data; a copy on the heap, never released; answers from the
 *     target carry the same ones
 */
record SocksDatagram(Target target, ByteBuf header) {

  private static final int BEFORE_ADDRESS = 3;

  /**
   * Reads the header and leaves the data. Null for what is dropped: a fragment, as RFC 1928 lets a
   * relay do that puts none together, and what is no datagram of SOCKS at all.
   */
  static @Nullable SocksDatagram read(ByteBuf bytes) {
    int start = bytes.readerIndex();
    if (bytes.readableBytes() < BEFORE_ADDRESS + 2
        || bytes.getUnsignedMedium(start) != 0) { // reserved, and the number of the fragment
      return null;
    }
    int length = SocksAddress.length(bytes, start + BEFORE_ADDRESS);
    if (length == 0 || bytes.readableBytes() < BEFORE_ADDRESS + length) {
      return null;
    }
    ByteBuf header = Unpooled.copiedBuffer(bytes.slice(start, BEFORE_ADDRESS + length));
    bytes.skipBytes(BEFORE_ADDRESS);
    SocksAddress address = SocksAddress.read(bytes);
    try {
      return new SocksDatagram(new Target(address.host(), address.port()), header);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
