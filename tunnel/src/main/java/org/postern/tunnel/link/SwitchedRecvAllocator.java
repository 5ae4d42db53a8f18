package org.postern.tunnel.link;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Adapts to what is read until its channel is spliced; then always asks for one big chunk, because
 * splicing reports no sizes to adapt to. A channel asks for its handle only once, so the switch has
 * to be inside. One per channel.
 */
final class SwitchedRecvAllocator extends AdaptiveRecvByteBufAllocator {
  private static final int MINIMUM_BYTES = 256;
  private static final int INITIAL_BYTES = 2048;
  private static final int MAXIMUM_BYTES = 64 << 10;

  private final int spliceChunkBytes;
  private volatile boolean spliced;

  SwitchedRecvAllocator(int spliceChunkBytes) {
    super(MINIMUM_BYTES, INITIAL_BYTES, MAXIMUM_BYTES);
    this.spliceChunkBytes = spliceChunkBytes;
  }

  /** Big chunks from now on, if the channel was prepared. */
  static void splice(Channel channel) {
    RecvByteBufAllocator allocator = channel.config().getRecvByteBufAllocator();
    if (allocator instanceof SwitchedRecvAllocator switched) {
      switched.spliced = true;
    }
  }

  @Override
  @SuppressWarnings("deprecation") // the interface still wants the old type
  public Handle newHandle() {
    ExtendedHandle adaptive = (ExtendedHandle) super.newHandle();
    return new SwitchedHandle(adaptive);
  }

  private final class SwitchedHandle extends DelegatingHandle implements ExtendedHandle {
    private final ExtendedHandle adaptive;

    SwitchedHandle(ExtendedHandle adaptive) {
      super(adaptive);
      this.adaptive = adaptive;
    }

    @Override
    public int guess() {
      return spliced ? spliceChunkBytes : adaptive.guess();
    }

    @Override
    public boolean continueReading(io.netty.util.UncheckedBooleanSupplier maybeMoreData) {
      return adaptive.continueReading(maybeMoreData);
    }
  }
}
