package org.postern.acceptance.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.postern.acceptance.bench.Dial;

/**
 * Opens a connection, sends {@value #QUESTION_BYTES} bytes, waits until an echo server has sent
 * them back, closes, and begins again; so many at a time. One load at a time.
 */
public final class OpenLoad implements AutoCloseable {
  private static final int QUESTION_BYTES = 16;
  private static final int SAMPLES_MAX = 1_000_000;
  private static final long GRACE_SECONDS = 15;

  private final Channel echo;

  /** Listens with the echo server. */
  public OpenLoad(LoadEnds ends) throws InterruptedException {
    echo = ends.listen(false, Echo::new);
  }

  /** Serves one connection as the echo server does. */
  public static ChannelHandler server() {
    return new Echo();
  }

  /** Where the echo server listens. */
  public InetSocketAddress echo() {
    return (InetSocketAddress) echo.localAddress();
  }

  /**
   * What a load saw; times run from the dial to the last echoed byte.
   *
   * @param count connections that brought the echo
   * @param failures connections that did not
   * @param seconds from the first dial to the last echo
   */
  public record Opens(int count, int failures, double seconds, double p50Millis, double p99Millis) {
    public double perSecond() {
      return count / seconds;
    }
  }

  /** Opens again and again until the time is over, so many at once. */
  public Opens run(Dial.Maker dialer, int atOnce, Duration length) throws InterruptedException {
    Run run = new Run(dialer, System.nanoTime() + length.toNanos(), atOnce);
    long start = System.nanoTime();
    for (int i = 0; i < atOnce; i++) {
      run.next();
    }
    if (!run.ended.await(length.toSeconds() + GRACE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "some opens neither succeeded nor failed; the last failure was " + run.lastFailure.get());
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (run.count.get() == 0) {
      throw new IllegalStateException("no open succeeded", run.lastFailure.get());
    }
    long[] nanos = Arrays.copyOf(run.nanos, Math.min(run.count.get(), SAMPLES_MAX));
    Arrays.sort(nanos);
    return new Opens(
        run.count.get(),
        run.failures.get(),
        seconds,
        nanos[nanos.length / 2] / 1e6,
        nanos[(int) (nanos.length * 0.99)] / 1e6);
  }

  @Override
  public void close() {
    echo.close();
  }

  private static final class Run {
    private final Dial.Maker dialer;
    private final long deadlineNanos;
    private final CountDownLatch ended;
    private final long[] nanos = new long[SAMPLES_MAX];
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> lastFailure = new AtomicReference<>();

    Run(Dial.Maker dialer, long deadlineNanos, int atOnce) {
      this.dialer = dialer;
      this.deadlineNanos = deadlineNanos;
      this.ended = new CountDownLatch(atOnce);
    }

    void next() {
      if (System.nanoTime() >= deadlineNanos) {
        ended.countDown();
        return;
      }
      dialer.make(new Question(this));
    }

    void answered(long tookNanos) {
      int index = count.getAndIncrement();
      if (index < SAMPLES_MAX) {
        nanos[index] = tookNanos;
      }
    }

    void failed(Throwable cause) {
      failures.incrementAndGet();
      lastFailure.set(cause);
    }
  }

  private static final class Question extends ChannelInboundHandlerAdapter
      implements LoadEnds.Failable {
    private static final ByteBuf QUESTION =
        Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeZero(QUESTION_BYTES));

    private final Run run;
    private final long startNanos = System.nanoTime();
    private int missing = QUESTION_BYTES;
    private boolean over;

    Question(Run run) {
      this.run = run;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(QUESTION.duplicate());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      missing -= ((ByteBuf) message).readableBytes();
      ReferenceCountUtil.release(message);
      if (missing == 0 && !over) {
        over = true;
        run.answered(System.nanoTime() - startNanos);
        context.close();
        run.next();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      failed(new java.io.IOException("closed without an answer"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      failed(cause);
      context.close();
    }

    @Override
    public void failed(Throwable cause) {
      if (!over) {
        over = true;
        run.failed(cause);
        run.next();
      }
    }
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      context.writeAndFlush(message, context.voidPromise());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
