package org.postern.appconnector.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.postern.tunnel.lane.DatagramEnd;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.message.ReasonCode;

/**
 * The application's end of a UDP flow: one connected socket. Datagrams keep their boundaries; what
 * the socket cannot take now is dropped, as a network would. Confined to the channel's event loop;
 * ends with the flow, whose idle limit ends it.
 */
public final class UdpAssociation implements DatagramEnd {
  /** Where the kernel could read the nothing that an empty datagram holds. */
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(1);

  private final Channel channel;

  /**
   * @param channel from {@link Upstream#dialUdp}; belongs to this from now on
   */
  public UdpAssociation(Channel channel) {
    this.channel = channel;
  }

  /** Datagrams of the application go to the flow from now on. */
  public void start(Flow flow) {
    channel.pipeline().addLast(new FromApplication(flow));
    channel.config().setAutoRead(true);
  }

  @Override
  public void onDatagram(ByteBuf datagram) {
    if (!datagram.isReadable() && channel instanceof UnixChannel socket) {
      datagram.release();
      sendEmpty(socket);
    } else if (channel.isWritable()) {
      channel.writeAndFlush(datagram, channel.voidPromise());
    } else {
      datagram.release();
    }
  }

  /** Netty takes a write of no bytes for one that is done; the kernel makes a datagram of it. */
  private void sendEmpty(UnixChannel socket) {
    try {
      socket.fd().write(NOTHING, 0, 0);
    } catch (IOException e) {
      channel.pipeline().fireExceptionCaught(e);
    }
  }

  @Override
  public void onClosed(ReasonCode reason) {
    channel.close();
  }

  private static final class FromApplication extends SimpleChannelInboundHandler<DatagramPacket> {
    private final Flow flow;

    FromApplication(Flow flow) {
      super(false);
      this.flow = flow;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
      flow.sendDatagram(packet.content());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // The application's host says that nobody listens (ICMP port unreachable).
      flow.reset(ReasonCode.CONNECT_REFUSED);
    }
  }
}
