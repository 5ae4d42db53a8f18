package org.postern.acceptance.bench.load;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.proxy.ProxyConnectionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;
import org.postern.acceptance.bench.IdleHolder;
import org.postern.acceptance.bench.ProcessMeter;

/**
 * Idle connections through a contender; both of their ends are in this process and do not count.
 */
public final class IdleConnections implements IdleHolder {
  private static final int DIALS_AT_ONCE = 50;
  private static final int LIMIT_SECONDS = 60;
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  private final Contender contender;
  private final String unit;
  private final Sizes sizes;

  /**
   * Through the contender.
   *
   * @param unit what one of them is called in figures
   * @param sizes how many at each look
   */
  public IdleConnections(Contender contender, String unit, Sizes sizes) {
    this.contender = contender;
    this.unit = unit;
    this.sizes = sizes;
  }

  @Override
  public String label() {
    return contender.label() + "." + unit;
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Held open(BenchRun run) throws Exception {
    LoadEnds ends = run.own(LoadEnds.create(run.folder("idle-" + contender.label())));
    InetSocketAddress plain = address(ends, false);
    InetSocketAddress tls = address(ends, true);
    Contender.Way way =
        contender.open(
            run, new Contender.Target(plain, tls, End::new, ends.certificate(), ends.key()));
    return new Connections(ends.dialer(way.dial()), way);
  }

  private static InetSocketAddress address(LoadEnds ends, boolean tls) throws InterruptedException {
    return (InetSocketAddress) ends.listen(tls, End::new).localAddress();
  }

  private static final class Connections implements Held {
    private final Dial.Maker dialer;
    private final Contender.Way way;
    private final Semaphore dialling = new Semaphore(DIALS_AT_ONCE);
    private int count;

    Connections(Dial.Maker dialer, Contender.Way way) {
      this.dialer = dialer;
      this.way = way;
    }

    @Override
    public void growTo(int wanted) throws InterruptedException {
      for (; count < wanted; count++) {
        take(1);
        dialer.make(new Established(dialling));
      }
      take(DIALS_AT_ONCE);
      dialling.release(DIALS_AT_ONCE);
    }

    private void take(int permits) throws InterruptedException {
      if (!dialling.tryAcquire(permits, LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("after " + count + " connections no more were made");
      }
    }

    @Override
    public long residentBytes() throws IOException {
      return ProcessMeter.residentBytes(way.relay().get());
    }

    @Override
    public long restingBytes() throws IOException {
      Settling memory = new Settling(System.nanoTime(), residentBytes());
      while (!memory.settled(System.nanoTime())) {
        LockSupport.parkNanos(LOOK_EVERY.toNanos());
        memory.look(System.nanoTime(), residentBytes());
      }
      return memory.bytes();
    }
  }

  /** Of a connection that is reset when what is between its ends is stopped. */
  private static class End extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  private static final class Established extends End {
    private final Semaphore dialling;

    Established(Semaphore dialling) {
      this.dialling = dialling;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event == SslHandshakeCompletionEvent.SUCCESS || event instanceof ProxyConnectionEvent) {
        dialling.release();
      }
    }
  }
}
