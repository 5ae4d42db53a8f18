package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.LanePort;
import org.postern.tunnel.flow.LaneSink;
import org.postern.tunnel.message.ReasonCode;

/** Joins one lane's channel, after its inner TLS, to the mux. */
final class LaneHandler extends ChannelInboundHandlerAdapter implements LaneSink {
  private volatile MuxDriver driver;
  private final ByteString laneId;
  private final Channel channel;
  private @Nullable LanePort port;
  private boolean dirty;

  LaneHandler(MuxDriver driver, ByteString laneId, Channel channel) {
    this.driver = driver;
    this.laneId = laneId;
    this.channel = channel;
  }

  /** Another driver has it from here on; its loop is about to have the channel. */
  void moveTo(MuxDriver other) {
    driver = other;
  }

  /** The channel was not read while it changed loops. */
  void readOn() {
    if (!channel.isActive()) {
      lost("connection closed");
      return;
    }
    channel.config().setAutoRead(true);
    channel.flush();
  }

  Channel channel() {
    return channel;
  }

  ByteString laneId() {
    return laneId;
  }

  LanePort port() {
    return Objects.requireNonNull(port);
  }

  void start(LanePort lanePort, int queueBytes) {
    port = lanePort;
    var config = channel.config();
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(queueBytes / 2, queueBytes));
    // A lane may have ended between its handshake and now: no option can be set on it any more.
    if (channel instanceof EpollSocketChannel && channel.isOpen()) {
      // What the kernel holds back is out of our hands: a small flow would have to wait behind it.
      config.setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) queueBytes);
    }
    channel.pipeline().addLast("flows", this);
    config.setAutoRead(true);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf bytes)) {
      ReferenceCountUtil.release(message);
      throw new IllegalStateException("lane read a " + message.getClass());
    }
    if (driver.isBusy()) {
      driver.act(() -> driver.mux().received(port(), bytes, driver.now()));
    } else {
      driver.received(port(), bytes);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    driver.settle();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    driver.run();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    lost("connection closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    lost(String.valueOf(cause.getMessage()));
  }

  private void lost(String text) {
    driver.act(() -> driver.mux().closeLane(port(), ReasonCode.LANE_LOST, text, driver.now()));
  }

  // Called by the mux.

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void write(ByteBuf bytes) {
    if (!dirty) {
      dirty = true;
      driver.listLane(this);
    }
    channel.write(bytes);
  }

  void flush() {
    dirty = false;
    channel.flush();
  }

  void close() {
    channel.flush();
    channel.close();
  }
}
