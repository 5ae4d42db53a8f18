package org.postern.acceptance.bench.subject;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.postern.broker.TunnelRooms;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.Credential;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;

/**
 * The broker's rooms, one device, one connector and their flows, all in this process, over real
 * TLS.
 */
public final class CutWorkload implements AutoCloseable {
  private static final Duration VALIDITY = Duration.ofHours(1);
  private static final TrustDomain DOMAIN = new TrustDomain("bench.example");

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, EpollLoops.handlers());
  private final CertificateAuthority authority =
      CertificateAuthority.create(DOMAIN, InstantSource.system());
  private final AtomicReference<Snapshot> snapshot;
  private final TunnelRooms rooms;
  private final Channel port;
  private final RawFlows flows;

  /**
   * Who takes part. The policy knows the user's device and the connector by these ids, and lets the
   * device reach the host.
   */
  public record Parties(String user, String device, String group, String connector, String host) {}

  /** Opens so many flows by a policy that allows them. */
  public CutWorkload(Snapshot allowing, Parties parties, int count) throws Exception {
    this.snapshot = new AtomicReference<>(allowing);
    this.rooms =
        new TunnelRooms(
            new TunnelRooms.Needs(
                "b1",
                new LiveTls(
                    own(new SpiffeId.BrokerId(DOMAIN, "b1")),
                    authority.trust(),
                    InstantSource.system()),
                snapshot::get,
                CutWorkload::noRenewal,
                RendezvousLimits.defaults(),
                TunnelLimits.DEFAULT),
            InstantSource.system(),
            System::nanoTime,
            new SecureRandom());
    this.port = listen();
    RawPeer device = peer(new SpiffeId.ClientId(DOMAIN, parties.user(), parties.device()));
    RawPeer connector =
        peer(new SpiffeId.ConnectorId(DOMAIN, parties.group(), parties.connector()));
    this.flows = new RawFlows(device, connector, parties.group(), parties.host());
    flows.growTo(count);
    if (rooms.count() != count) {
      throw new IllegalStateException("%d flows are live".formatted(rooms.count()));
    }
  }

  /**
   * The policy becomes another one.
   *
   * @param change builds it; its time counts
   * @return seconds until device and connector were told that so many flows are cut
   */
  public double secondsToCut(LongFunction<Snapshot> change, int count) throws InterruptedException {
    long start = System.nanoTime();
    Snapshot before = snapshot.get();
    Snapshot next = change.apply(before.version() + 1);
    snapshot.set(next);
    rooms.onSnapshot(before, next);
    flows.awaitCuts(count);
    return (System.nanoTime() - start) / 1e9;
  }

  private Credential own(SpiffeId id) {
    return authority.issueOwn(id, VALIDITY);
  }

  private RawPeer peer(SpiffeId id) {
    int number = ((InetSocketAddress) port.localAddress()).getPort();
    return new RawPeer(
        loops.next(), own(id), authority.trust(), new DialerConfig.Target("127.0.0.1", number));
  }

  private static void noRenewal(String spiffeId, Renew request, Renewal.Reply reply) {
    reply.refused(RenewRefused.newBuilder().setReason(ReasonCode.BROKER_OVERLOADED).build());
  }

  private Channel listen() throws InterruptedException {
    return new ServerBootstrap()
        .group(loops)
        .channel(EpollServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                rooms.prepare(channel);
                channel.pipeline().addLast(rooms.door());
              }
            })
        .bind(InetAddress.getLoopbackAddress(), 0)
        .sync()
        .channel();
  }

  @Override
  public void close() {
    port.close();
    rooms.stop();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
