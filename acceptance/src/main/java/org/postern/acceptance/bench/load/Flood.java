package org.postern.acceptance.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.postern.acceptance.bench.Dial;

/**
 * One connection that pushes as fast as it is taken, and the sink that counts. One flood at a time.
 */
public final class Flood implements AutoCloseable {
  private static final int CHUNK_BYTES = 128 * 1024;
  private static final int UNSENT_BYTES_MAX = 2 * 1024 * 1024;

  private final Channel plain;
  private final Channel tls;
  private final AtomicLong left = new AtomicLong();
  private final AtomicReference<CompletableFuture<Long>> arrived =
      new AtomicReference<>(new CompletableFuture<>());

  /** Listens for both kinds of connection. */
  public Flood(LoadEnds ends) throws InterruptedException {
    this.plain = ends.listen(false, Sink::new);
    this.tls = ends.listen(true, Sink::new);
  }

  /** Counts what comes on one connection. */
  public ChannelHandler sink() {
    return new Sink();
  }

  public InetSocketAddress plain() {
    return (InetSocketAddress) plain.localAddress();
  }

  public InetSocketAddress tls() {
    return (InetSocketAddress) tls.localAddress();
  }

  /**
   * Pushes so many bytes and waits until the sink has them all.
   *
   * @return seconds from the first byte written to the last one counted
   */
  public double push(Dial.Maker dialer, long bytes, long limitSeconds)
      throws InterruptedException, TimeoutException {
    CompletableFuture<Long> done = new CompletableFuture<>();
    arrived.set(done);
    left.set(bytes);
    Source source = new Source(bytes, done);
    dialer.make(source);
    try {
      return (done.get(limitSeconds, TimeUnit.SECONDS) - source.startNanos) / 1e9;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("the flood broke off", e.getCause());
    } finally {
      source.end();
    }
  }

  @Override
  public void close() {
    plain.close();
    tls.close();
  }

  private final class Sink extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      int size = ((ByteBuf) message).readableBytes();
      ReferenceCountUtil.release(message);
      if (left.addAndGet(-size) == 0) {
        arrived.get().complete(System.nanoTime());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  @ChannelHandler.Sharable
  private static final class Source extends ChannelInboundHandlerAdapter
      implements LoadEnds.Failable {
    private final ByteBuf chunk = Unpooled.directBuffer(CHUNK_BYTES).writerIndex(CHUNK_BYTES);
    private final CompletableFuture<Long> done;
    private long unsent;
    private volatile long startNanos;
    private volatile @org.jspecify.annotations.Nullable Channel channel;

    Source(long bytes, CompletableFuture<Long> done) {
      this.unsent = bytes;
      this.done = done;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      channel = context.channel();
      context
          .channel()
          .config()
          .setOption(
              ChannelOption.WRITE_BUFFER_WATER_MARK,
              new WriteBufferWaterMark(UNSENT_BYTES_MAX / 2, UNSENT_BYTES_MAX));
      startNanos = System.nanoTime();
      pump(context);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      pump(context);
    }

    private void pump(ChannelHandlerContext context) {
      if (startNanos == 0) {
        return;
      }
      while (unsent > 0 && context.channel().isWritable()) {
        int size = (int) Math.min(unsent, CHUNK_BYTES);
        unsent -= size;
        context.write(chunk.retainedSlice(0, size), context.voidPromise());
      }
      context.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      done.completeExceptionally(new java.io.IOException("closed with " + unsent + " bytes left"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      failed(cause);
      context.close();
    }

    @Override
    public void failed(Throwable cause) {
      done.completeExceptionally(cause);
    }

    void end() {
      Channel open = channel;
      if (open != null) {
        open.close().awaitUninterruptibly(5, TimeUnit.SECONDS);
      }
      chunk.release();
    }
  }
}
