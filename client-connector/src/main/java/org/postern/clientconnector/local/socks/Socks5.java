package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * SOCKS5 without authentication, CONNECT and UDP ASSOCIATE (RFC 1928): whoever is on this machine's
 * loopback is the user.
 *
 * <pre>
 *   greeting   | 5 | n | n methods |           answer  | 5 | method |
 *   request    | 5 | command | 0 | type | address | port(2) |
 *   answer     | 5 | reply   | 0 | 1    | 0.0.0.0 | 0       |
 * </pre>
 */
final class Socks5 implements Dialect {

  static final int VERSION = 5;

  private static final int NO_AUTHENTICATION = 0;
  private static final int NO_ACCEPTABLE_METHOD = 0xff;
  private static final int COMMAND_CONNECT = 1;
  private static final int COMMAND_UDP_ASSOCIATE = 3;

  private static final int SUCCEEDED = 0;
  private static final int GENERAL_FAILURE = 1;
  private static final int NOT_ALLOWED = 2;
  private static final int HOST_UNREACHABLE = 4;
  private static final int CONNECTION_REFUSED = 5;
  private static final int TTL_EXPIRED = 6;
  private static final int COMMAND_NOT_SUPPORTED = 7;
  private static final int ADDRESS_NOT_SUPPORTED = 8;

  private boolean greeted;

  @Override
  public Step read(ByteBuf bytes) {
    return greeted ? request(bytes) : greeting(bytes);
  }

  @Override
  public ByteBuf opened() {
    return reply(SUCCEEDED);
  }

  @Override
  public ByteBuf refused(ReasonCode reason, String text) {
    return reply(
        switch (Dialect.number(reason)) {
          case ReasonCode.POLICY_NO_RULE_VALUE, ReasonCode.NAME_NOT_FOUND_VALUE -> HOST_UNREACHABLE;
          case ReasonCode.CONNECT_REFUSED_VALUE -> CONNECTION_REFUSED;
          case ReasonCode.CONNECT_UNREACHABLE_VALUE, ReasonCode.NO_CONNECTOR_VALUE ->
              HOST_UNREACHABLE;
          case ReasonCode.CONNECT_TIMEOUT_VALUE, ReasonCode.ANSWER_TIMEOUT_VALUE -> TTL_EXPIRED;
          default -> Dialect.number(reason) < 100 ? NOT_ALLOWED : GENERAL_FAILURE;
        });
  }

  private Step greeting(ByteBuf bytes) {
    int start = bytes.readerIndex();
    if (bytes.readableBytes() < 2 || bytes.readableBytes() < 2 + bytes.getUnsignedByte(start + 1)) {
      return MORE;
    }
    if (bytes.readUnsignedByte() != VERSION) {
      return new Wrong(Unpooled.EMPTY_BUFFER);
    }
    int methods = bytes.readUnsignedByte();
    boolean offered = false;
    for (int i = 0; i < methods; i++) {
      offered |= bytes.readUnsignedByte() == NO_AUTHENTICATION;
    }
    if (!offered) {
      return new Wrong(Unpooled.wrappedBuffer(new byte[] {VERSION, (byte) NO_ACCEPTABLE_METHOD}));
    }
    greeted = true;
    return new Say(Unpooled.wrappedBuffer(new byte[] {VERSION, NO_AUTHENTICATION}));
  }

  private Step request(ByteBuf bytes) {
    int start = bytes.readerIndex();
    if (bytes.readableBytes() < 5) {
      return MORE;
    }
    if (bytes.getUnsignedByte(start) != VERSION || bytes.getUnsignedByte(start + 2) != 0) {
      return new Wrong(reply(GENERAL_FAILURE));
    }
    int command = bytes.getUnsignedByte(start + 1);
    if (command != COMMAND_CONNECT && command != COMMAND_UDP_ASSOCIATE) {
      return new Wrong(reply(COMMAND_NOT_SUPPORTED));
    }
    int addressLength = SocksAddress.length(bytes, start + 3);
    if (addressLength == 0) {
      return new Wrong(reply(ADDRESS_NOT_SUPPORTED));
    }
    if (bytes.readableBytes() < 3 + addressLength) {
      return MORE;
    }
    bytes.skipBytes(3);
    SocksAddress address = SocksAddress.read(bytes);
    if (command == COMMAND_UDP_ASSOCIATE) {
      // The address is not looked at: it is the one that the connection came from, or it is nobody.
      return new Associates(address.port());
    }
    try {
      return new Wants(new Target(address.host(), address.port()));
    } catch (IllegalArgumentException e) {
      return new Wrong(reply(HOST_UNREACHABLE));
    }
  }

  /** The reply when something is wrong at this end. */
  static ByteBuf failure() {
    return reply(GENERAL_FAILURE);
  }

  private static ByteBuf reply(int code) {
    return Unpooled.wrappedBuffer(
        new byte[] {VERSION, (byte) code, 0, SocksAddress.TYPE_IPV4, 0, 0, 0, 0, 0, 0});
  }
}
