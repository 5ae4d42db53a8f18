package org.postern.tunnel.lane;

import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sizes the reads of one local channel: small while little comes, up to {@link #READ_MAX} in bulk,
 * and never more than the flow may send. One per channel, and before the channel's first read:
 * Netty keeps the first one it sees.
 */
public final class LocalReads extends DefaultMaxMessagesRecvByteBufAllocator {
  /** Two whole DATA frames of the size that we send. */
  static final int READ_MAX = 2 * 65_528;

  private static final int READ_MIN = 2 << 10;
  private static final int GROW = 4;
  private static final int MESSAGES_PER_READ = 4;

  private @Nullable IntSupplier allowance;

  /** For a new channel. */
  public LocalReads() {
    super(MESSAGES_PER_READ);
  }

  /** From here on no read is bigger than what this says. */
  void bind(IntSupplier bytes) {
    allowance = bytes;
  }

  @Override
  @SuppressWarnings("deprecation") // the interface that Netty asks for
  public Handle newHandle() {
    return new Sizes();
  }

  private final class Sizes extends MaxMessageHandle {
    private int size = READ_MIN;
    private boolean shrinks;

    @Override
    public int guess() {
      IntSupplier limit = allowance;
      return limit == null ? size : Math.max(READ_MIN, Math.min(size, limit.getAsInt()));
    }

    @Override
    public void lastBytesRead(int bytes) {
      super.lastBytesRead(bytes);
      if (bytes >= size) {
        size = Math.min(READ_MAX, size * GROW);
        shrinks = false;
      } else if (bytes > 0 && bytes < size / (GROW * 2)) {
        if (shrinks) {
          size = Math.max(READ_MIN, size / GROW);
        }
        shrinks = !shrinks;
      } else {
        shrinks = false;
      }
    }
  }
}
