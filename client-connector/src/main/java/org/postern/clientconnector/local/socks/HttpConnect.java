package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * HTTP/1.x CONNECT and nothing else (RFC 9110 section 9.3.6). The head is read only to find its
 * end; no header field means anything here. What a browser can be made to send by a page (GET,
 * POST, OPTIONS) is answered 405 without a word that a page could read.
 */
final class HttpConnect implements Dialect {

  private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};
  private static final String METHOD = "CONNECT ";

  @Override
  public Step read(ByteBuf bytes) {
    int end = ByteBufUtil.indexOf(Unpooled.wrappedBuffer(END_OF_HEAD), bytes);
    if (end < 0) {
      return methodPossible(bytes) ? MORE : new Wrong(answer("405 Method Not Allowed", "", ""));
    }
    int headLength = end - bytes.readerIndex();
    String head = bytes.readCharSequence(headLength, StandardCharsets.ISO_8859_1).toString();
    bytes.skipBytes(END_OF_HEAD.length);
    int lineEnd = head.indexOf("\r\n");
    return request(lineEnd < 0 ? head : head.substring(0, lineEnd));
  }

  @Override
  public ByteBuf opened() {
    return Unpooled.copiedBuffer(
        "HTTP/1.1 200 Connection established\r\n\r\n", StandardCharsets.US_ASCII);
  }

  @Override
  public ByteBuf refused(ReasonCode reason, String text) {
    String status =
        switch (Dialect.number(reason)) {
          case ReasonCode.CONNECT_TIMEOUT_VALUE, ReasonCode.ANSWER_TIMEOUT_VALUE ->
              "504 Gateway Timeout";
          default -> Dialect.number(reason) < 100 ? "403 Forbidden" : "502 Bad Gateway";
        };
    return answer(status, "Postern-Reason: " + reason.name() + "\r\n", text + "\n");
  }

  private static Step request(String line) {
    String[] parts = line.split(" ", -1);
    if (!line.startsWith(METHOD)) {
      return new Wrong(answer("405 Method Not Allowed", "Allow: CONNECT\r\n", ""));
    }
    if (parts.length != 3 || !(parts[2].equals("HTTP/1.1") || parts[2].equals("HTTP/1.0"))) {
      return new Wrong(answer("400 Bad Request", "", ""));
    }
    try {
      return new Wants(Target.parse(parts[1]));
    } catch (IllegalArgumentException e) {
      return new Wrong(answer("400 Bad Request", "", e.getMessage() + "\n"));
    }
  }

  private static boolean methodPossible(ByteBuf bytes) {
    int length = Math.min(bytes.readableBytes(), METHOD.length());
    for (int i = 0; i < length; i++) {
      if (bytes.getByte(bytes.readerIndex() + i) != METHOD.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuf answer(String status, String fields, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 "
            + status
            + "\r\n"
            + fields
            + "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    return Unpooled.wrappedBuffer(head.getBytes(StandardCharsets.US_ASCII), body);
  }
}
