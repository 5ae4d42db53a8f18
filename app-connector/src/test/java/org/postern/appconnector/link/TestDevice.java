package org.postern.appconnector.link;

import com.google.protobuf.ByteString;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.lane.DatagramEnd;
import org.postern.tunnel.lane.Flow;
import org.postern.tunnel.lane.FlowEndpoint;
import org.postern.tunnel.lane.FlowListener;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.lane.LaneDialer;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;

/** A device: real carriers, lanes and flows, steered by the test's thread. */
final class TestDevice implements AutoCloseable, FlowListener {
  final BlockingQueue<FlowSummary> closedFlows = new LinkedBlockingQueue<>();
  final BlockingQueue<ReasonCode> closedLanes = new LinkedBlockingQueue<>();
  final BlockingQueue<Long> orphans = new LinkedBlockingQueue<>();
  final String id;

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final EventLoop loop = loops.next();
  private final LiveTls tls;
  private final BrokerDialer dialer;
  private final LaneDialer laneDialer;
  private final ScriptedBroker broker;
  private final FlowEndpoint endpoint;
  private final Map<Long, Envelope> answers = new HashMap<>();
  private int lanes;

  TestDevice(
      CertificateAuthority authority, ScriptedBroker broker, String connectorId, String name) {
    this.broker = broker;
    SpiffeId.ClientId self = new SpiffeId.ClientId(authority.trustDomain(), "alice", name);
    this.id = self.toString();
    this.tls =
        new LiveTls(
            authority.issueOwn(self, Duration.ofHours(12)),
            authority.trust(),
            InstantSource.system());
    this.dialer =
        new BrokerDialer(
            new DialerConfig(
                new DialerConfig.Target("broker.test", broker.port()),
                tls.client(TunnelProtocol.ALPN),
                Peers.broker()::spiffeId,
                Optional.empty(),
                host -> new InetAddress[] {NetUtil.LOCALHOST4},
                TunnelLimits.DEFAULT));
    this.laneDialer = new LaneDialer(tls.client(TunnelProtocol.LANE_ALPN), TunnelLimits.DEFAULT);
    this.endpoint =
        new FlowEndpoint(
            new FlowEndpoint.Config(
                loop,
                loop,
                connectorId,
                FlowRole.DEVICE,
                FlowLimits.DEFAULT,
                new MemoryBudget(64 << 20),
                System::nanoTime),
            this);
    broker.devices.put(id, this);
  }

  /** What the broker passes on of the connector's answers; it may be there before the flow is. */
  void onAnswer(Envelope answer) {
    loop.execute(() -> {
      long flowId =
          answer.hasOpened() ? answer.getOpened().getFlowId() : answer.getRefused().getFlowId();
      answers.put(flowId, answer);
      hear(flowId);
    });
  }

  private void hear(long flowId) {
    Envelope answer = endpoint.flow(flowId) == null ? null : answers.remove(flowId);
    if (answer != null && answer.hasOpened()) {
      endpoint.onOpened(flowId, FlowTimes.UNLIMITED);
    } else if (answer != null) {
      endpoint.onRefused(flowId, answer.getRefused().getReason());
    }
  }

  Flow datagrams(long flowId, ByteString laneId, DatagramEnd end) throws Exception {
    return on(() -> {
      Flow flow = Objects.requireNonNull(endpoint.openUdp(flowId, laneId, end));
      hear(flowId);
      return flow;
    });
  }

  static Open open(long flowId, int port) {
    return Open.newBuilder()
        .setFlowId(flowId)
        .setHost("127.0.0.1")
        .setPort(port)
        .setTransport(Transport.TRANSPORT_TCP)
        .build();
  }

  /** Makes a lane, asking for a flow along with it. */
  ByteString lane(Open open) throws Exception {
    byte[] id = new byte[Lane.ID_BYTES];
    id[0] = (byte) ++lanes;
    id[1] = (byte) this.id.hashCode();
    ByteString laneId = ByteString.copyFrom(id);
    LaneRequest request = LaneRequest.newBuilder().setLaneId(laneId).setOpen(open).build();
    Future<ParkedCarrier> carrier =
        dialer.park(
            loop,
            Hello.newBuilder().setInstance(ByteString.copyFrom(new byte[16])).build(),
            new Silent());
    broker.awaitParked();
    Future<Lane> dialled =
        laneDialer.dial(carrier.get(20, TimeUnit.SECONDS), request, Peers.connector()::spiffeId);
    Lane lane = dialled.get(20, TimeUnit.SECONDS);
    on(() -> {
      endpoint.attachLane(lane.id(), lane.peerId(), lane.channel());
      lane.start();
      return true;
    });
    return laneId;
  }

  /** A program's TCP connection, carried by a flow on a lane. */
  Socket program(long flowId, ByteString laneId) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
      Channel local =
          new Bootstrap()
              .group(loop)
              .channel(EpollSocketChannel.class)
              .option(ChannelOption.AUTO_READ, false)
              .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      // The endpoint adds what it needs.
                    }
                  })
              .connect(NetUtil.LOCALHOST4, listener.getLocalPort())
              .sync()
              .channel();
      Socket program = listener.accept();
      program.setSoTimeout(30_000);
      boolean opened =
          on(() -> {
            boolean known = endpoint.openTcp(flowId, laneId, local) != null;
            hear(flowId);
            return known;
          });
      if (opened) {
        return program;
      }
      throw new IOException("the lane is gone");
    }
  }

  void move(long flowId, ByteString laneId) throws Exception {
    on(() -> endpoint.move(flowId, laneId, false));
  }

  <T> T on(Callable<T> task) throws Exception {
    return loop.submit(task).get(20, TimeUnit.SECONDS);
  }

  FlowEndpoint endpoint() {
    return endpoint;
  }

  @Override
  public void onFlowClosed(FlowSummary summary) {
    closedFlows.add(summary);
  }

  @Override
  public void onOrphaned(long flowId) {
    orphans.add(flowId);
  }

  @Override
  public void onLaneClosed(ByteString laneId, ReasonCode reason, String text) {
    closedLanes.add(reason);
  }

  @Override
  public void close() {
    loop.submit(() -> endpoint.close(ReasonCode.DEVICE_STOPPING)).awaitUninterruptibly();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    tls.close();
  }

  private static final class Silent implements CarrierListener {
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
