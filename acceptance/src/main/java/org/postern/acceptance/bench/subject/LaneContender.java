package org.postern.acceptance.bench.subject;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.function.Supplier;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;
import org.postern.tunnel.lane.Lane;

/**
 * The broker by itself: the load's connections are lanes, whose ends are in this process as the
 * ends of the TLS sessions are that the other relays pass on.
 */
public final class LaneContender implements Contender {
  private static final int RECEIVE_BYTES = 256 * 1024;

  @Override
  public String label() {
    return PosternContender.LABEL;
  }

  @Override
  public Way open(BenchRun run, Target target) throws Exception {
    Deployment deployment =
        Deployment.start(
            (room, command) -> run.start(command),
            Deployment.Plan.onLoopback(""),
            run.folder("postern-lanes"));
    Fleet fleet = Fleet.of(run, deployment);
    RawPeer connector = fleet.connector(deployment.provisioningKey(Deployment.GROUP, 1));
    connector.link(message -> {});
    RawPeer device = fleet.device();
    device.link(message -> {});
    return new Way(
        new Dial.Made(handler -> make(device, connector, handler, target.server())),
        deployment::brokerPids);
  }

  private static void make(
      RawPeer device, RawPeer connector, ChannelHandler handler, Supplier<ChannelHandler> server) {
    try {
      RawPeer.LaneEnds ends = device.lane(connector, Deployment.GROUP);
      start(ends.connector(), server.get());
      start(ends.device(), handler);
    } catch (Exception e) {
      throw new IllegalStateException("no lane", e);
    }
  }

  private static void start(Lane lane, ChannelHandler handler) {
    Channel channel = lane.channel();
    channel
        .eventLoop()
        .execute(() -> {
          channel
              .config()
              .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(RECEIVE_BYTES))
              .setAutoRead(true);
          channel.pipeline().addLast(handler);
          lane.start();
          ChannelHandlerContext context = channel.pipeline().context(handler);
          if (handler instanceof ChannelInboundHandler inbound && context != null) {
            activate(inbound, context);
          }
        });
  }

  private static void activate(ChannelInboundHandler handler, ChannelHandlerContext context) {
    try {
      handler.channelActive(context);
    } catch (Exception e) {
      context.fireExceptionCaught(e);
    }
  }
}
