package org.postern.tunnel.flow;

/**
 * One direction of a flow, where it is received.
 *
 * <pre>
 *   consumed            received            edge
 *     |--at the local end--|--may still come--|
 * </pre>
 *
 * The window starts small and doubles as long as it is consumed within twice the round trip.
 */
final class Inbound {
  private static final int ACK_SHARE = 4;
  private static final int ACK_EVERY_MAX = 256 << 10;
  private static final long NO_FIN = -1;

  private final int windowInitialBytes;
  private int window;
  private long received;
  private long consumed;
  private long edge;
  private long acknowledged;
  private long finOffset = NO_FIN;
  private boolean finConsumed;
  private long epochOffset;
  private long epochNanos;

  Inbound(int windowInitialBytes, long now) {
    this.windowInitialBytes = windowInitialBytes;
    window = windowInitialBytes;
    edge = windowInitialBytes;
    epochNanos = now;
  }

  long receivedBytes() {
    return received;
  }

  long consumedBytes() {
    return consumed;
  }

  boolean fits(int bytes) {
    return received + bytes <= edge;
  }

  void onData(int bytes) {
    received += bytes;
  }

  boolean finReceived() {
    return finOffset != NO_FIN;
  }

  /** False when the final offset is not what was received. */
  boolean onFin(long finalOffset) {
    if (finalOffset != received || (finReceived() && finOffset != finalOffset)) {
      return false;
    }
    finOffset = finalOffset;
    return true;
  }

  boolean finConsumed() {
    return finConsumed;
  }

  void onFinConsumed() {
    assert finReceived() && consumed == received;
    finConsumed = true;
  }

  /** True when a whole window was consumed in so little time that a bigger one would help. */
  boolean onConsumed(int bytes, long now, long quickNanos) {
    consumed += bytes;
    assert consumed <= received : consumed;
    if (consumed - epochOffset < window) {
      return false;
    }
    boolean quick = now - epochNanos <= quickNanos;
    epochOffset = consumed;
    epochNanos = now;
    return quick;
  }

  int windowBytes() {
    return window;
  }

  void growWindow(int bytes) {
    assert bytes > window;
    window = bytes;
  }

  /** Bytes that this window was grown by. */
  long grownBytes() {
    return (long) window - windowInitialBytes;
  }

  /** Offset to tell in RESUME. */
  long resumeOffset() {
    return finReceived() ? received + 1 : received;
  }

  private long ackOffset() {
    return finConsumed ? consumed + 1 : consumed;
  }

  /** True when something was consumed that the peer does not know of. */
  boolean ackPending() {
    return ackOffset() > acknowledged;
  }

  /** True when so much was consumed that it should be told at once. */
  boolean ackUrgent() {
    return (finConsumed && ackPending())
        || consumed - acknowledged >= Math.min(window / ACK_SHARE, ACK_EVERY_MAX);
  }

  /** Offset to tell in ACK; the window goes with it. */
  long takeAck() {
    edge = Math.max(edge, consumed + window);
    acknowledged = ackOffset();
    return acknowledged;
  }

  /** Window that belongs to the last ACK. */
  long windowFromAck() {
    return edge - consumed;
  }

  /** Bytes received and not consumed. */
  long waitingBytes() {
    return received - consumed;
  }
}
