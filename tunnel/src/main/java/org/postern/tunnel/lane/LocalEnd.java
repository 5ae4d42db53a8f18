package org.postern.tunnel.lane;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.LocalSink;
import org.postern.tunnel.flow.PieceQueue;

/**
 * Pumps one TCP flow to and from its local channel. What was received is acknowledged when it was
 * written; the channel is read as long as the flow may send.
 *
 * <p>Bytes that meet a channel which does not take them are gathered in few buffers: a peer that
 * sends single bytes to a slow reader costs no more than their number.
 */
final class LocalEnd extends ChannelInboundHandlerAdapter implements LocalSink {
  /** A piece of this size is written as it is, even when others still wait in the channel. */
  private static final int DIRECT_BYTES = 8 << 10;

  /** What was written is delivered after a close, in the kernel's own time. */
  private static final int LINGER_OFF = -1;

  private volatile MuxDriver driver;
  private final Channel channel;
  private @Nullable FlowState flow;

  // Towards the local channel.
  private @Nullable PieceQueue waiting;
  private int writesOut;
  private int writtenBytes;
  private boolean listed;
  private boolean inputEnded;
  private boolean finAsked;
  private boolean finPassed;
  private boolean finDone;
  private boolean failed;
  private boolean closed;
  private boolean held;

  /**
   * With its channel.
   *
   * @param held the flow is not let in yet: nothing is written before {@link #letIn}, and if the
   *     flow ends before that, the channel goes back to whoever opened it
   */
  LocalEnd(MuxDriver driver, Channel channel, boolean held) {
    this.driver = driver;
    this.channel = channel;
    this.held = held;
  }

  /** The flow was let in: what came meanwhile is written. */
  void letIn() {
    if (held) {
      held = false;
      list();
    }
  }

  /** True while the channel may still go back, open, to whoever opened the flow. */
  boolean mayGoBack() {
    return held && channel.isActive() && !failed;
  }

  /** The flow is there: reading may start. */
  void start(FlowState flowState) {
    flow = flowState;
    var config = channel.config();
    config.setAutoRead(false);
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    LocalReads reads =
        config.getRecvByteBufAllocator() instanceof LocalReads own ? own : new LocalReads();
    reads.bind(() -> driver.mux().readAllowance(flowState));
    config.setRecvByteBufAllocator(reads);
    resetIfLost(true);
    channel.pipeline().addLast("flow", this);
    if (!channel.isActive()) {
      failed = true;
      list();
    } else if (driver.mux().readAllowance(flowState) > 0) {
      config.setAutoRead(true);
    }
  }

  /**
   * Whether the kernel resets the connection when it is closed, by us or because this process dies:
   * a program must not take the end of a flow for the end of what the other side had to say.
   */
  private void resetIfLost(boolean reset) {
    if (channel instanceof SocketChannel && channel.isActive()) {
      channel.config().setOption(ChannelOption.SO_LINGER, reset ? 0 : LINGER_OFF);
    }
  }

  Channel channel() {
    return channel;
  }

  /**
   * Another driver has the flow from here on; its loop is about to have the channel. Called by the
   * loop that gives it away.
   */
  void moveTo(MuxDriver other) {
    driver = other;
  }

  /**
   * Netty tells of a write on the loop on which it was asked for, which may not have the flow any
   * more: then it is told to the one that has.
   */
  private boolean isElsewhere(Runnable onItsLoop) {
    EventLoop owner = driver.loop();
    if (owner.inEventLoop()) {
      return false;
    }
    owner.execute(onItsLoop);
    return true;
  }

  /** The channel was not read while it changed loops. */
  void readOn() {
    if (!channel.isActive()) {
      fail();
      return;
    }
    if (driver.mux().readAllowance(flow()) > 0) {
      channel.config().setAutoRead(true);
    }
    channel.flush();
  }

  private FlowState flow() {
    return Objects.requireNonNull(flow);
  }

  // From the local channel.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf data)) {
      ReferenceCountUtil.release(message);
      throw new IllegalStateException("local channel read a " + message.getClass());
    }
    if (driver.isBusy()) {
      driver.act(() -> read(data));
    } else {
      read(data);
    }
  }

  private void read(ByteBuf data) {
    driver.mux().localData(flow(), data, driver.now());
    if (driver.mux().readAllowance(flow()) == 0) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    driver.settle();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      driver.later(() -> driver.mux().localFin(flow(), driver.now()));
    } else if (event != ChannelInputShutdownReadComplete.INSTANCE) {
      super.userEventTriggered(ctx, event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail();
  }

  private void fail() {
    if (!closed && !failed && !(finPassed && inputEnded)) {
      failed = true;
      list();
      driver.run();
    }
  }

  // Towards the local channel. Called by the mux.

  @Override
  public void onData(ByteBuf data) {
    boolean direct = writesOut == 0 || data.readableBytes() >= DIRECT_BYTES;
    if (!held && direct && (waiting == null || waiting.isEmpty())) {
      write(data);
    } else {
      if (waiting == null) {
        waiting = new PieceQueue(channel.alloc());
      }
      waiting.add(data);
    }
    list();
  }

  private void write(ByteBuf data) {
    int length = data.readableBytes();
    writesOut++;
    channel.write(data).addListener(future -> written(future, length));
  }

  private void written(Future<?> future, int length) {
    if (isElsewhere(() -> written(future, length))) {
      return;
    }
    writesOut--;
    if (future.isSuccess()) {
      writtenBytes += length;
    } else {
      failed = true;
    }
    if (!closed) {
      list();
      driver.runSoon();
    }
  }

  @Override
  public void onFin() {
    finAsked = true;
    list();
  }

  @Override
  public void onDatagram(ByteBuf datagram) {
    datagram.release();
  }

  @Override
  public void onReadable() {
    channel.config().setAutoRead(true);
  }

  @Override
  public void onClosed(FlowSummary summary) {
    closed = true;
    if (waiting != null) {
      waiting.releaseAll();
      waiting = null;
    }
    if (held && channel.isActive()) {
      channel.config().setAutoRead(false);
      channel.pipeline().remove(this);
      resetIfLost(false);
      return;
    }
    resetIfLost(!summary.clean());
    channel.close();
  }

  /** Asks for a turn of {@link #step}. */
  private void list() {
    if (!listed) {
      listed = true;
      driver.list(this);
    }
  }

  /** Called by the endpoint, with the mux at rest: writes, flushes, and tells the mux. */
  void step() {
    listed = false;
    if (closed) {
      return;
    }
    if (!held && waiting != null && writesOut == 0) {
      PieceQueue queue = waiting;
      waiting = null;
      for (ByteBuf piece = queue.poll(); piece != null; piece = queue.poll()) {
        write(piece);
      }
    }
    channel.flush();
    long now = driver.now();
    if (writtenBytes > 0) {
      int bytes = writtenBytes;
      writtenBytes = 0;
      driver.mux().consumed(flow(), bytes, now);
    }
    if (finAsked && !held && !finPassed && writesOut == 0 && waiting == null && !failed) {
      finPassed = true;
      // All was said: what the kernel has of it must arrive, whatever becomes of us.
      resetIfLost(false);
      ChannelFuture over =
          inputEnded ? channel.close() : ((DuplexChannel) channel).shutdownOutput();
      over.addListener(this::finWritten);
    }
    if (finDone) {
      finDone = false;
      driver.mux().finConsumed(flow(), now);
    }
    if (failed) {
      driver.localFailed(flow());
    }
  }

  private void finWritten(Future<?> future) {
    if (isElsewhere(() -> finWritten(future))) {
      return;
    }
    finDone = future.isSuccess();
    failed |= !future.isSuccess();
    if (!closed) {
      list();
      driver.runSoon();
    }
  }
}
