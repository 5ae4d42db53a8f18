package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/** How a program says what it wants: a pure reader of bytes, and the replies in its language. */
interface Dialect {

  /** What the bytes so far amount to. */
  sealed interface Step {}

  /** Not enough bytes yet; nothing was consumed. */
  record More() implements Step {}

  /** An interim reply; the bytes that it answers were consumed. */
  record Say(ByteBuf bytes) implements Step {}

  /** Not acceptable: reply (may be empty), then close. */
  record Wrong(ByteBuf reply) implements Step {}

  /** The target is known; what is left in the buffer was meant for it. */
  record Wants(Target target) implements Step {}

  /**
   * Datagrams are wanted; what is left in the buffer means nothing.
   *
   * @param sourcePort the port that they will come from; 0 if that is not known yet
   */
  record Associates(int sourcePort) implements Step {}

  /** The one instance that is needed. */
  More MORE = new More();

  /** Reads on, consuming whole messages only. */
  Step read(ByteBuf bytes);

  /** The reply for an open flow. */
  ByteBuf opened();

  /** The reply for a refused flow. */
  ByteBuf refused(ReasonCode reason, String text);

  /** The dialect that a first byte belongs to. */
  static Dialect of(int firstByte) {
    if (firstByte == Socks5.VERSION) {
      return new Socks5();
    }
    return firstByte >= 'A' && firstByte <= 'Z' ? new HttpConnect() : new Nonsense();
  }

  /** Wire number of a reason; one that this version does not know counts as a device's own. */
  static int number(ReasonCode reason) {
    return reason == ReasonCode.UNRECOGNIZED
        ? ReasonCode.DEVICE_STOPPING_VALUE
        : reason.getNumber();
  }

  /** No language that we know: closed without a word. */
  final class Nonsense implements Dialect {
    @Override
    public Step read(ByteBuf bytes) {
      return new Wrong(Unpooled.EMPTY_BUFFER);
    }

    @Override
    public ByteBuf opened() {
      return Unpooled.EMPTY_BUFFER;
    }

    @Override
    public ByteBuf refused(ReasonCode reason, String text) {
      return Unpooled.EMPTY_BUFFER;
    }
  }
}
