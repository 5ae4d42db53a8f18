package org.postern.appconnector.link;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.CsrRefusedException;
import org.postern.identity.LiveTls;
import org.postern.identity.Peers;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.BrokerCarrier;
import org.postern.tunnel.link.BrokerCarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.DoorConfig;
import org.postern.tunnel.link.DoorListener;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.TunnelDoor;
import org.postern.tunnel.message.ConnectorReport;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.FlowTerms;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Obligations;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.Renewed;
import org.postern.tunnel.message.ServePlan;
import org.postern.tunnel.message.ServedApplication;
import org.postern.tunnel.message.Welcome;
import org.postern.tunnel.relay.JoinedLane;
import org.postern.tunnel.relay.LaneCounts;
import org.postern.tunnel.relay.LaneRelay;
import org.postern.tunnel.relay.RelayListener;

/** A broker with a real door that grants everything, unless the test edits what it says. */
final class ScriptedBroker implements DoorListener, AutoCloseable {
  static final String APPLICATION = "app";

  final BlockingQueue<Envelope> answers = new LinkedBlockingQueue<>();
  final List<ConnectorReport> reports = new CopyOnWriteArrayList<>();
  final List<JoinedLane> lanes = new CopyOnWriteArrayList<>();
  final Map<String, TestDevice> devices = new ConcurrentHashMap<>();
  final BlockingQueue<ControlLink> connectors = new LinkedBlockingQueue<>();

  /** What becomes of each grant before it is sent; null: it is not sent. */
  volatile UnaryOperator<Grant> edit = grant -> grant;

  /** The lane is offered so long after its grant was sent; negative: before. */
  volatile Duration grantLead = Duration.ZERO;

  /** Sent right after each grant. */
  volatile @Nullable FlowTerms termsAfterGrant;

  /** Who the offer says that the device is; null: who it is. */
  volatile @Nullable String offeredDevice;

  volatile ServePlan plan =
      ServePlan.newBuilder()
          .addApplications(ServedApplication.newBuilder().setApplicationId(APPLICATION))
          .build();

  private final CertificateAuthority authority;
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final LinkedBlockingDeque<BrokerCarrier> parked = new LinkedBlockingDeque<>();
  private final Map<ByteString, BrokerCarrier> waiting = new ConcurrentHashMap<>();
  private final ChannelGroup accepted = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final LaneRelay relay = new LaneRelay();
  private final LiveTls tls;
  private final Channel server;
  private volatile @Nullable ControlLink link;

  ScriptedBroker(CertificateAuthority authority) {
    this.authority = authority;
    this.tls =
        new LiveTls(
            authority.issueOwn(
                new SpiffeId.BrokerId(authority.trustDomain(), "b1"), Duration.ofDays(30)),
            authority.trust(),
            InstantSource.system());
    TunnelDoor door =
        new TunnelDoor(
            new DoorConfig(
                tls.server(TunnelProtocol.ALPN), Peers.dialer()::spiffeId, TunnelLimits.DEFAULT),
            this);
    this.server =
        new ServerBootstrap()
            .group(loops)
            .channel(EpollServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted.add(channel);
                    door.prepare(channel);
                    door.install(channel, (InetSocketAddress) channel.remoteAddress());
                  }
                })
            .bind(NetUtil.LOCALHOST4, 0)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  void toConnector(Envelope message) {
    Objects.requireNonNull(link, "no connector is linked").send(message);
  }

  void grant(Grant grant) {
    toConnector(Envelope.newBuilder().setGrant(grant).build());
  }

  /** A lane that is asked for can be made: a carrier of the connector is here. */
  void awaitParked() {
    await().atMost(Duration.ofSeconds(30)).until(() -> !parked.isEmpty());
  }

  /** The next answer about flows. */
  Envelope answer() throws InterruptedException {
    return Objects.requireNonNull(answers.poll(40, TimeUnit.SECONDS), "no answer in 40 s");
  }

  void closeConnectorLink() {
    Objects.requireNonNull(link).close(ReasonCode.BROKER_STOPPING, "test");
  }

  /** The grant that an honest broker would give. */
  static Grant honest(String deviceId, ByteString laneId, Open open) {
    return Grant.newBuilder()
        .setFlowId(open.getFlowId())
        .setLaneId(laneId)
        .setDeviceSpiffeId(deviceId)
        .setApplicationId(APPLICATION)
        .setHost(open.getHost())
        .setPort(open.getPort())
        .setTransport(open.getTransport())
        .setResume(open.getResume())
        .setDecisionId("d-" + open.getFlowId())
        .setObligations(Obligations.newBuilder().setAllowLoopback(true))
        .setExpiresUnixMillis(InstantSource.system().millis() + 10_000)
        .build();
  }

  @Override
  public Admission admit(String spiffeId, Hello hello, InetSocketAddress from) {
    return new Admit(Welcome.newBuilder().setBrokerId("b1").setCarriersWanted(3).build());
  }

  @Override
  public ControlLinkListener onControl(ControlLink control, Hello hello) {
    link = control;
    control.send(Envelope.newBuilder().setServePlan(plan).build());
    connectors.add(control);
    return new ControlLinkListener() {
      @Override
      public void onMessage(ControlLink from, Envelope message) {
        switch (message.getBodyCase()) {
          case CONNECTOR_REPORT -> reports.add(message.getConnectorReport());
          case RENEW -> renew(from, message.getRenew());
          default -> {
            tellDevice(message);
            answers.add(message);
          }
        }
      }

      @Override
      public void onClosed(ControlLink gone, ReasonCode reason, String text) {
        if (gone.equals(link)) {
          link = null;
        }
      }
    };
  }

  private void tellDevice(Envelope message) {
    String id =
        message.hasOpened()
            ? message.getOpened().getDeviceSpiffeId()
            : message.getRefused().getDeviceSpiffeId();
    TestDevice device = devices.get(id);
    if (device != null && (message.hasOpened() || message.hasRefused())) {
      device.onAnswer(message);
    }
  }

  private void renew(ControlLink from, Renew renew) {
    try {
      Renewed.Builder renewed = Renewed.newBuilder();
      for (byte[] der :
          authority
              .issue(
                  renew.getCsrDer().toByteArray(),
                  SpiffeId.parse(from.peerId()),
                  Duration.ofDays(8))
              .der()) {
        renewed.addChainDer(ByteString.copyFrom(der));
      }
      from.send(Envelope.newBuilder().setRenewed(renewed).build());
    } catch (CsrRefusedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public BrokerCarrierListener onCarrier(BrokerCarrier carrier, Hello hello) {
    if (carrier.peerId().contains("/connector/")) {
      parked.add(carrier);
    }
    return new Rendezvous();
  }

  private void pair(BrokerCarrier device, LaneRequest request) {
    BrokerCarrier connector = parked.poll();
    if (connector == null) {
      device.refuse(LaneRefused.newBuilder().setLaneId(request.getLaneId()).build());
      return;
    }
    waiting.put(request.getLaneId(), device);
    String offered = offeredDevice;
    LaneOffer offer =
        LaneOffer.newBuilder()
            .setLaneId(request.getLaneId())
            .setClientHello(request.getClientHello())
            .setDeviceSpiffeId(offered == null ? device.peerId() : offered)
            .build();
    Grant grant =
        request.hasOpen()
            ? edit.apply(honest(device.peerId(), request.getLaneId(), request.getOpen()))
            : null;
    Runnable offering = () -> connector.offer(offer);
    Runnable granting =
        () -> {
          if (grant != null) {
            grant(grant);
          }
          FlowTerms terms = termsAfterGrant;
          if (terms != null) {
            toConnector(Envelope.newBuilder().setFlowTerms(terms).build());
          }
        };
    boolean grantFirst = !grantLead.isNegative();
    (grantFirst ? granting : offering).run();
    device
        .eventLoop()
        .schedule(
            grantFirst ? offering : granting, grantLead.abs().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    accepted.close().awaitUninterruptibly();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    tls.close();
  }

  private final class Rendezvous implements BrokerCarrierListener {
    @Override
    public void onLaneRequest(BrokerCarrier device, LaneRequest request) {
      pair(device, request);
    }

    @Override
    public void onLaneAnswer(BrokerCarrier connector, LaneAnswer answer) {
      BrokerCarrier device = Objects.requireNonNull(waiting.remove(answer.getLaneId()));
      relay.join(
          device,
          connector,
          answer,
          new RelayListener() {
            @Override
            public void onJoined(JoinedLane lane) {
              lanes.add(lane);
            }

            @Override
            public void onClosed(JoinedLane lane, LaneCounts counts, ReasonCode reason) {
              lanes.remove(lane);
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
      parked.remove(carrier);
    }
  }
}
