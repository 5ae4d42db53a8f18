package org.postern.acceptance.bench.subject;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.link.EpollLoops;

/** The broker's rooms, one device, one connector and their flows, all in this process, over TLS. */
public final class CutWorkload implements AutoCloseable {
  private static final Duration VALIDITY = Duration.ofHours(1);
  private static final TrustDomain DOMAIN = new TrustDomain("bench.example");

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private final CertificateAuthority authority =
      CertificateAuthority.create(DOMAIN, InstantSource.system());
  private final Rooms rooms;
  private final RawFlows flows;

  /**
   * Who takes part. The policy knows the user's device and the connector by these ids, and lets the
   * device reach the host.
   */
  public record Parties(String user, String device, String group, String connector, String host) {}

  /** Opens so many flows by a policy that allows them. */
  public CutWorkload(Snapshot allowing, Parties parties, int count) throws Exception {
    this.rooms = new Rooms(authority, allowing);
    RawPeer device = peer(new SpiffeId.ClientId(DOMAIN, parties.user(), parties.device()));
    RawPeer connector =
        peer(new SpiffeId.ConnectorId(DOMAIN, parties.group(), parties.connector()));
    this.flows = new RawFlows(device, connector, parties.group(), parties.host());
    flows.growTo(count);
    if (rooms.liveFlows() != count) {
      throw new IllegalStateException("%d flows are live".formatted(rooms.liveFlows()));
    }
  }

  private RawPeer peer(SpiffeId id) {
    return new RawPeer(
        loops.next(), authority.issueOwn(id, VALIDITY), authority.trust(), rooms.address());
  }

  /**
   * The policy becomes another one.
   *
   * @param change builds it; its time counts
   * @return seconds until device and connector were told that so many flows are cut
   */
  public double secondsToCut(LongFunction<Snapshot> change, int count) throws InterruptedException {
    long start = System.nanoTime();
    rooms.change(change.apply(rooms.policy().version() + 1));
    flows.awaitCuts(count);
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() {
    rooms.close();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
