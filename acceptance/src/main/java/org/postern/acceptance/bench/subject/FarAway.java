package org.postern.acceptance.bench.subject;

import com.google.protobuf.ByteString;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.Contender;
import org.postern.acceptance.bench.Dial;
import org.postern.acceptance.ground.DelayLink;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.Open;
import org.postern.tunnel.message.Transport;

/** Postern on loopback, with a long cable between the device and the broker. */
public final class FarAway {
  private static final int FIRST_FLOWS = 100;

  /** Until the broker, which has just started, is compiled for what follows. */
  private static final int WARM_UP_FLOWS = 100;

  private static final long PATIENCE_SECONDS = 10;

  private FarAway() {}

  /** The whole chain; the load is a program that sends its first bytes at once. */
  public static Dial wholeChain(BenchRun run, Contender.Target target, Duration delayEachWay)
      throws Exception {
    int socksPort = BenchRun.freePort();
    Cast.farAway(run, "far-away", socksPort, delayEachWay);
    return new Dial.HastySocks5(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), socksPort),
        "127.0.0.1",
        target.plain().getPort());
  }

  /**
   * A flow to a connector that the device has no lane to: LANE and OPEN travel together.
   *
   * @param cold of the very first flow that a broker, a device and a connector make
   * @param warm median of many later ones
   */
  public record FirstFlows(double cold, double warm) {}

  /** Milliseconds until the device knows that the flow is open. */
  public static FirstFlows firstFlowMillis(BenchRun run, Duration delayEachWay) throws Exception {
    Deployment deployment =
        Deployment.start(
            (room, command) -> run.start(command),
            Deployment.Plan.onLoopback(""),
            run.folder("first-flow"));
    Fleet fleet = Fleet.of(run, deployment);
    RawPeer connector = fleet.connector(deployment.provisioningKey(Deployment.GROUP, 1));
    AtomicReference<ControlLink> serving = new AtomicReference<>();
    serving.set(
        connector.link(message -> {
          if (message.hasGrant()) {
            serving
                .get()
                .send(Envelope.newBuilder().setOpened(RawFlows.opened(message.getGrant())).build());
          }
        }));
    DelayLink cable = run.own(deployment.cable(delayEachWay));
    RawPeer device = fleet.device(new DialerConfig.Target("127.0.0.1", cable.near().getPort()));
    Semaphore opened = new Semaphore(0);
    device.link(message -> {
      if (message.hasOpened()) {
        opened.release();
      }
    });
    double[] millis = new double[WARM_UP_FLOWS + FIRST_FLOWS];
    for (int i = 0; i < millis.length; i++) {
      connector.awaitLane();
      ParkedCarrier carrier = device.park();
      long start = System.nanoTime();
      Future<Lane> lane =
          device.askForLane(carrier, request(i + 1, deployment.plan().application()));
      if (!opened.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the flow was not opened");
      }
      millis[i] = (System.nanoTime() - start) / 1e6;
      lane.addListener((Future<Lane> made) -> made.getNow().channel().close());
    }
    double cold = millis[0];
    Arrays.sort(millis, WARM_UP_FLOWS, millis.length);
    return new FirstFlows(cold, millis[WARM_UP_FLOWS + FIRST_FLOWS / 2]);
  }

  private static LaneRequest request(long flowId, String host) {
    ByteString laneId = RawPeer.newLaneId();
    return LaneRequest.newBuilder()
        .setLaneId(laneId)
        .setOpen(
            Open.newBuilder()
                .setFlowId(flowId)
                .setHost(host)
                .setPort(443)
                .setTransport(Transport.TRANSPORT_TCP))
        .build();
  }
}
