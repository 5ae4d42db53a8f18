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
import org.postern.broker.TunnelRooms;
import org.postern.broker.access.PostureMemory;
import org.postern.broker.rendezvous.RendezvousLimits;
import org.postern.broker.rendezvous.Renewal;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Renew;
import org.postern.tunnel.message.RenewRefused;

/** The broker's rooms behind the tunnel door, on a port of loopback, without doors for people. */
final class Rooms implements AutoCloseable {
  private static final Duration VALIDITY = Duration.ofHours(1);

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, EpollLoops.handlers());
  private final AtomicReference<Snapshot> snapshot;
  private final TunnelRooms rooms;
  private final Channel port;

  /** With a policy to begin with. */
  Rooms(CertificateAuthority authority, Snapshot first) throws InterruptedException {
    this.snapshot = new AtomicReference<>(first);
    SpiffeId self = new SpiffeId.BrokerId(authority.trustDomain(), "b1");
    this.rooms =
        new TunnelRooms(
            new TunnelRooms.Needs(
                loops,
                "b1",
                new LiveTls(
                    authority.issueOwn(self, VALIDITY), authority.trust(), InstantSource.system()),
                snapshot::get,
                PostureMemory.NONE,
                Rooms::noRenewal,
                RendezvousLimits.defaults(),
                TunnelLimits.DEFAULT),
            InstantSource.system(),
            System::nanoTime,
            new SecureRandom());
    this.port = listen();
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

  DialerConfig.Target address() {
    return new DialerConfig.Target(
        "127.0.0.1", ((InetSocketAddress) port.localAddress()).getPort());
  }

  Snapshot policy() {
    return snapshot.get();
  }

  /** Policy is another one from now on. */
  void change(Snapshot next) {
    rooms.onSnapshot(snapshot.getAndSet(next), next);
  }

  long liveFlows() {
    return rooms.count();
  }

  @Override
  public void close() {
    port.close();
    rooms.stop();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
