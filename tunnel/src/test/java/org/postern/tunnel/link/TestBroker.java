package org.postern.tunnel.link;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;
import org.postern.tunnel.relay.JoinedLane;
import org.postern.tunnel.relay.LaneCounts;
import org.postern.tunnel.relay.LaneRelay;
import org.postern.tunnel.relay.RelayListener;

/** A small broker with a real door on a loopback port; pairs every lane request with a carrier. */
public final class TestBroker implements AutoCloseable, DoorListener {
  /** How a link or carrier ended. */
  public record Ended(ReasonCode reason, String text) {}

  public final MultiThreadIoEventLoopGroup loops;
  public final List<ControlLink> links = new CopyOnWriteArrayList<>();
  public final List<BrokerCarrier> carriers = new CopyOnWriteArrayList<>();
  public final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();
  public final BlockingQueue<Envelope> messages = new LinkedBlockingQueue<>();
  public final BlockingQueue<JoinedLane> joined = new LinkedBlockingQueue<>();

  /** Every connection that was accepted, in order. */
  public final List<Channel> accepted = new CopyOnWriteArrayList<>();

  public final BlockingQueue<LaneCounts> laneCounts = new LinkedBlockingQueue<>();
  public volatile DoorListener.Admission admission = new Admit(Welcome.newBuilder().build());
  public volatile boolean fakeDeviceId;
  public volatile boolean dropsCarriers;

  private final Map<ByteString, BrokerCarrier> waiting = new ConcurrentHashMap<>();
  private final LaneRelay relay = new LaneRelay(TunnelLimits.DEFAULT);
  private final Channel server;

  TestBroker(TestPki pki, TunnelLimits limits) {
    this(pki.outerServer(TestPki.BROKER), limits, 1, Epoll.isAvailable());
  }

  public TestBroker(SslContext tls, TunnelLimits limits, int threads, boolean epoll) {
    IoHandlerFactory io = epoll ? EpollLoops.handlers() : NioIoHandler.newFactory();
    loops = new MultiThreadIoEventLoopGroup(threads, io);
    Supplier<SslContext> context = () -> tls;
    PeerCheck check = TestPki.only("spiffe://test/client/", "spiffe://test/connector/");
    TunnelDoor door = new TunnelDoor(new DoorConfig(context, check, limits), this);
    server =
        new ServerBootstrap()
            .group(loops)
            .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted.add(channel);
                    door.prepare(channel);
                    door.install(channel, (InetSocketAddress) channel.remoteAddress());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  public BrokerDialer dialer(SslContext tls, TunnelLimits limits) {
    return dialer(port(), tls, limits);
  }

  public static BrokerDialer dialer(int port, SslContext tls, TunnelLimits limits) {
    return new BrokerDialer(
        new DialerConfig(
            new DialerConfig.Target("localhost", port),
            () -> tls,
            TestPki.only("spiffe://test/broker/"),
            Optional.empty(),
            host -> new InetAddress[] {InetAddress.getLoopbackAddress()},
            limits));
  }

  public static Hello hello() {
    return Hello.newBuilder()
        .setInstance(ByteString.copyFrom(new byte[16]))
        .setSoftware("test")
        .build();
  }

  @Override
  public Admission admit(String spiffeId, Hello hello, InetSocketAddress from) {
    return admission;
  }

  @Override
  public ControlLinkListener onControl(ControlLink link, Hello hello) {
    links.add(link);
    return new ControlLinkListener() {
      @Override
      public void onMessage(ControlLink from, Envelope message) {
        messages.add(message);
      }

      @Override
      public void onClosed(ControlLink gone, ReasonCode reason, String text) {
        links.remove(gone);
        ended.add(new Ended(reason, text));
      }
    };
  }

  @Override
  public BrokerCarrierListener onCarrier(BrokerCarrier carrier, Hello hello) {
    if (dropsCarriers) {
      carrier.close(ReasonCode.CONNECTOR_GONE, "not yet");
    } else {
      carriers.add(carrier);
    }
    return new Rendezvous();
  }

  /** Pairs a request with the first connector's carrier, moved to the device's loop. */
  private final class Rendezvous implements BrokerCarrierListener {
    @Override
    public void onLaneRequest(BrokerCarrier device, LaneRequest request) {
      carriers.remove(device);
      Optional<BrokerCarrier> connector =
          carriers.stream().filter(c -> c.peerId().contains("/connector/")).findFirst();
      if (connector.isEmpty()) {
        device.refuse(
            LaneRefused.newBuilder()
                .setReason(ReasonCode.NO_CARRIER)
                .setText("no connector is parked")
                .build());
        return;
      }
      carriers.remove(connector.get());
      waiting.put(request.getLaneId(), device);
      String deviceId = fakeDeviceId ? "spiffe://test/client/u2/d2" : device.peerId();
      connector
          .get()
          .moveTo(device.eventLoop())
          .addListener(moved ->
              connector
                  .get()
                  .offer(
                      LaneOffer.newBuilder()
                          .setLaneId(request.getLaneId())
                          .setClientHello(request.getClientHello())
                          .setDeviceSpiffeId(deviceId)
                          .build()));
    }

    @Override
    public void onLaneAnswer(BrokerCarrier connector, LaneAnswer answer) {
      BrokerCarrier device = requireNonNull(waiting.remove(answer.getLaneId()));
      relay.join(
          device,
          connector,
          answer,
          new RelayListener() {
            @Override
            public void onJoined(JoinedLane lane) {
              joined.add(lane);
            }

            @Override
            public void onClosed(JoinedLane lane, LaneCounts counts, ReasonCode reason) {
              laneCounts.add(counts);
              ended.add(new Ended(reason, "lane"));
            }
          });
    }

    @Override
    public void onLaneRefused(BrokerCarrier connector, LaneRefused refused) {
      BrokerCarrier device = waiting.remove(refused.getLaneId());
      if (device != null) {
        device.refuse(refused);
      }
    }

    @Override
    public void onClosed(BrokerCarrier carrier, ReasonCode reason, String text) {
      carriers.remove(carrier);
      ended.add(new Ended(reason, text));
    }
  }

  @Override
  public void close() {
    if (loops.isShuttingDown()) {
      return;
    }
    server.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 2, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
  }
}
