package org.postern.acceptance.path;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.lane.LaneDialer;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;

/**
 * A lane to a real app connector, made through the broker by a device that says into it whatever a
 * test wants. Types and lengths of frames are those of the byte diagram in {@code Frames}.
 */
final class LaneEnd implements AutoCloseable {
  static final int DATA = 1;
  static final int ACK = 2;
  static final int RESET = 4;
  static final int RESUME = 8;

  private static final int HEADER_BYTES = 8;
  private static final long PATIENCE_SECONDS = 20;

  /** One frame. */
  record Frame(int type, long flowId, ByteString payload) {
    /** Of a RESET. */
    int code() {
      return (payload.byteAt(0) << 8) | (payload.byteAt(1) & 0xff);
    }
  }

  private final BlockingQueue<Frame> heard = new LinkedBlockingQueue<>();
  private final Lane lane;

  private LaneEnd(Lane lane) {
    this.lane = lane;
  }

  /** Asks for a lane, and with it for a flow unless that is the default instance. */
  static LaneEnd dial(EventLoop loop, LiveTls tls, int port, Open open) throws Exception {
    BrokerDialer dialer =
        new BrokerDialer(
            new DialerConfig(
                new DialerConfig.Target("127.0.0.1", port),
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                Optional.empty(),
                InetAddress::getAllByName,
                TunnelLimits.DEFAULT));
    ParkedCarrier carrier =
        done(
            dialer.park(
                loop,
                Hello.newBuilder().setInstance(ByteString.copyFrom(new byte[16])).build(),
                new Deaf()));
    byte[] id = new byte[Lane.ID_BYTES];
    new SecureRandom().nextBytes(id);
    LaneRequest.Builder request =
        LaneRequest.newBuilder().setLaneId(ByteString.copyFrom(id)).setConnectorGroup("vpc-a");
    if (!open.equals(Open.getDefaultInstance())) {
      request.setOpen(open);
    }
    LaneEnd end =
        new LaneEnd(
            done(
                new LaneDialer(tls.client(TunnelProtocol.LANE_ALPN), TunnelLimits.DEFAULT)
                    .dial(carrier, request.build(), Peers.connector()::spiffeId)));
    loop.submit(
            () -> {
              end.lane.channel().pipeline().addLast(end.new Ear());
              end.lane.start();
            })
        .sync();
    return end;
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  ByteString id() {
    return lane.id();
  }

  /** Waits until the kernel has it. */
  void say(int type, long flowId, byte... payload) throws InterruptedException {
    ByteBuf frame = lane.channel().alloc().buffer(HEADER_BYTES + payload.length);
    frame.writeInt((type << 24) | payload.length).writeInt((int) flowId).writeBytes(payload);
    lane.channel().writeAndFlush(frame).await();
  }

  /** What need not be a frame. */
  void sayBytes(byte... bytes) {
    lane.channel().writeAndFlush(Unpooled.wrappedBuffer(bytes));
  }

  static byte[] number(long offset, int window) {
    return Unpooled.buffer(12).writeLong(offset).writeInt(window).array();
  }

  static byte[] number(long offset) {
    return Unpooled.buffer(8).writeLong(offset).array();
  }

  /** The next frame of this type; those before it are dropped. */
  Frame hears(int type) throws InterruptedException {
    while (true) {
      Frame frame = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (frame == null) {
        throw new AssertionError("no frame of type " + type);
      }
      if (frame.type() == type) {
        return frame;
      }
    }
  }

  boolean ends() throws InterruptedException {
    return lane.channel().closeFuture().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    lane.close();
  }

  private final class Ear extends ByteToMessageDecoder {
    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
      int start = in.readerIndex();
      if (in.readableBytes() < HEADER_BYTES
          || in.readableBytes() < HEADER_BYTES + (in.getInt(start) & 0xff_ffff)) {
        return;
      }
      int head = in.readInt();
      long flowId = in.readUnsignedInt();
      byte[] payload = new byte[head & 0xff_ffff];
      in.readBytes(payload);
      heard.add(new Frame(head >>> 24, flowId, ByteString.copyFrom(payload)));
    }
  }

  private static final class Deaf implements CarrierListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
      carrier.close();
    }

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {
      // The future of the lane tells.
    }
  }
}
