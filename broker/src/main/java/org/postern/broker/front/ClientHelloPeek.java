package org.postern.broker.front;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the ALPN offer out of a ClientHello without consuming a byte (RFC 8446 section 4.1.2, RFC
 * 7301 section 3.1).
 *
 * <pre>
 * record:     type(1)=22 | version(2) | length(2) | fragment
 * handshake:  type(1)=1  | length(3)  | version(2) | random(32) | session id &lt;0..32&gt;
 *             | cipher suites &lt;2..2^16-2&gt; | compression &lt;1..255&gt; | extensions &lt;8..2^16-1&gt;
 * extension:  type(2) | length(2) | data;  ALPN is 16: list length(2) | (length(1) | name)*
 * </pre>
 *
 * <p>It remembers how far it got, so that a hello that drips in byte by byte costs no more than one
 * that comes at once. One per connection; not safe for concurrent use.
 */
final class ClientHelloPeek {
  private static final int RECORD_HEADER = 5;
  private static final int HANDSHAKE_HEADER = 4;
  private static final int CONTENT_HANDSHAKE = 22;
  private static final int TYPE_CLIENT_HELLO = 1;
  private static final int EXTENSION_ALPN = 16;
  private static final int FRAGMENT_MAX = 1 << 14;

  private final byte[] handshake;
  private int handshakeLength;
  private int scanned;

  /** A peek that gives up when the hello is longer than this. */
  ClientHelloPeek(int helloBytesMax) {
    this.handshake = new byte[helloBytesMax];
  }

  /** What the bytes so far say. */
  sealed interface Peeked {
    /** Nothing wrong yet, and not complete. */
    record More() implements Peeked {}

    /** Not a ClientHello, or a malformed or too long one. */
    record Refused(String reason) implements Peeked {}

    /** A whole ClientHello. */
    record Hello(List<String> alpn) implements Peeked {
      public Hello {
        alpn = List.copyOf(alpn);
      }
    }
  }

  /** Looks at all bytes received so far, from the reader index; the indexes stay as they are. */
  Peeked peek(ByteBuf received) {
    while (received.readableBytes() - scanned >= RECORD_HEADER) {
      int at = received.readerIndex() + scanned;
      if (received.getUnsignedByte(at) != CONTENT_HANDSHAKE || received.getByte(at + 1) != 3) {
        return new Peeked.Refused("not a TLS handshake record");
      }
      int length = received.getUnsignedShort(at + 3);
      if (length == 0 || length > FRAGMENT_MAX) {
        return new Peeked.Refused(
            "TLS record of %d bytes (expected: 1 to 16384)".formatted(length));
      }
      if (received.readableBytes() - scanned < RECORD_HEADER + length) {
        break;
      }
      if (handshakeLength + length > handshake.length) {
        return new Peeked.Refused("ClientHello longer than %d bytes".formatted(handshake.length));
      }
      received.getBytes(at + RECORD_HEADER, handshake, handshakeLength, length);
      handshakeLength += length;
      scanned += RECORD_HEADER + length;
      Peeked peeked = parse();
      if (!(peeked instanceof Peeked.More)) {
        return peeked;
      }
    }
    return received.readableBytes() > 0 && received.getUnsignedByte(received.readerIndex()) != 22
        ? new Peeked.Refused("not a TLS handshake record")
        : new Peeked.More();
  }

  private Peeked parse() {
    if (handshake[0] != TYPE_CLIENT_HELLO) {
      return new Peeked.Refused("first handshake message is not a ClientHello");
    }
    if (handshakeLength < HANDSHAKE_HEADER) {
      return new Peeked.More();
    }
    int length = (handshake[1] & 0xff) << 16 | (handshake[2] & 0xff) << 8 | (handshake[3] & 0xff);
    if (length > handshake.length - HANDSHAKE_HEADER) {
      return new Peeked.Refused("ClientHello longer than %d bytes".formatted(handshake.length));
    }
    if (handshakeLength < HANDSHAKE_HEADER + length) {
      return new Peeked.More();
    }
    return hello(ByteBuffer.wrap(handshake, HANDSHAKE_HEADER, length).slice());
  }

  private static Peeked hello(ByteBuffer body) {
    Peeked.Refused malformed = new Peeked.Refused("malformed ClientHello");
    if (!skip(body, 2 + 32)
        || !skipVector(body, 1)
        || !skipVector(body, 2)
        || !skipVector(body, 1)) {
      return malformed;
    }
    if (!body.hasRemaining()) {
      return new Peeked.Hello(List.of());
    }
    if (body.remaining() < 2 || (body.getShort() & 0xffff) != body.remaining()) {
      return malformed;
    }
    while (body.hasRemaining()) {
      if (body.remaining() < 4) {
        return malformed;
      }
      int type = body.getShort() & 0xffff;
      int length = body.getShort() & 0xffff;
      if (length > body.remaining()) {
        return malformed;
      }
      if (type == EXTENSION_ALPN) {
        List<String> names = alpn(body.slice(body.position(), length));
        return names.isEmpty() ? malformed : new Peeked.Hello(names);
      }
      skip(body, length);
    }
    return new Peeked.Hello(List.of());
  }

  /** The names offered, or none when the extension is malformed. */
  private static List<String> alpn(ByteBuffer data) {
    if (data.remaining() < 2 || (data.getShort() & 0xffff) != data.remaining()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    while (data.hasRemaining()) {
      int length = data.get() & 0xff;
      if (length == 0 || length > data.remaining()) {
        return List.of();
      }
      byte[] name = new byte[length];
      data.get(name);
      names.add(new String(name, StandardCharsets.ISO_8859_1));
    }
    return names;
  }

  private static boolean skipVector(ByteBuffer body, int lengthBytes) {
    if (body.remaining() < lengthBytes) {
      return false;
    }
    return skip(body, lengthBytes == 1 ? body.get() & 0xff : body.getShort() & 0xffff);
  }

  private static boolean skip(ByteBuffer body, int bytes) {
    if (bytes > body.remaining()) {
      return false;
    }
    body.position(body.position() + bytes);
    return true;
  }
}
