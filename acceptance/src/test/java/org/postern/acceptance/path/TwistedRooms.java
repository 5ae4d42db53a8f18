package org.postern.acceptance.path;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.postern.broker.TunnelRooms;
import org.postern.broker.front.TunnelSide;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DoorConfig;
import org.postern.tunnel.link.DoorListener;
import org.postern.tunnel.link.TunnelDoor;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * A broker's rooms that hear what devices say about lanes as a test wants it: a broker that was
 * broken into.
 */
final class TwistedRooms implements TunnelSide, DoorListener {
  private final TunnelRooms rooms;
  private final Supplier<@Nullable UnaryOperator<LaneRequest>> twist;
  private final Consumer<ReasonCode> carrierEnds;
  private final TunnelDoor door;
  private final ChannelHandler entrance = new Entrance();

  TwistedRooms(
      TunnelRooms rooms,
      LiveTls tls,
      Supplier<@Nullable UnaryOperator<LaneRequest>> twist,
      Consumer<ReasonCode> carrierEnds) {
    this.rooms = rooms;
    this.twist = twist;
    this.carrierEnds = carrierEnds;
    this.door =
        new TunnelDoor(
            new DoorConfig(
                tls.server(TunnelProtocol.ALPN), Peers.dialer()::spiffeId, TunnelLimits.DEFAULT),
            this);
  }

  @Override
  public ChannelHandler door() {
    return entrance;
  }

  @Override
  public void prepare(Channel channel) {
    door.prepare(channel);
  }

  @Override
  public void start() {
    rooms.start();
  }

  @Override
  public void stop() {
    rooms.stop();
  }

  @Override
  public Admission admit(String spiffeId, Hello hello, InetSocketAddress from) {
    return rooms.admit(spiffeId, hello, from);
  }

  @Override
  public ControlLinkListener onControl(ControlLink link, Hello hello) {
    return rooms.onControl(link, hello);
  }

  @Override
  public BrokerCarrierListener onCarrier(BrokerCarrier carrier, Hello hello) {
    return new Twisted(rooms.onCarrier(carrier, hello));
  }

  @ChannelHandler.Sharable
  private final class Entrance extends ChannelInboundHandlerAdapter {
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
      Channel channel = context.channel();
      door.install(channel, (InetSocketAddress) channel.remoteAddress());
    }
  }

  private final class Twisted implements BrokerCarrierListener {
    private final BrokerCarrierListener honest;

    Twisted(BrokerCarrierListener honest) {
      this.honest = honest;
    }

    @Override
    public void onLaneRequest(BrokerCarrier carrier, LaneRequest request) {
      UnaryOperator<LaneRequest> bad = twist.get();
      honest.onLaneRequest(carrier, bad == null ? request : bad.apply(request));
    }

    @Override
    public void onLaneAnswer(BrokerCarrier carrier, LaneAnswer answer) {
      honest.onLaneAnswer(carrier, answer);
    }

    @Override
    public void onLaneRefused(BrokerCarrier carrier, LaneRefused refused) {
      honest.onLaneRefused(carrier, refused);
    }

    @Override
    public void onClosed(BrokerCarrier carrier, ReasonCode reason, String text) {
      carrierEnds.accept(reason);
      honest.onClosed(carrier, reason, text);
    }
  }
}
