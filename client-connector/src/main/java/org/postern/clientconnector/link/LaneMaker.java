package org.postern.clientconnector.link;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.postern.identity.Peers;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.lane.Lane;
import org.postern.tunnel.lane.LaneDialer;
import org.postern.tunnel.link.CarrierPark;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/** Makes lanes out of parked carriers. Confined to the client's loop. */
final class LaneMaker {
  private final EventLoop loop;
  private final CarrierPark park;
  private final LaneDialer dialer;
  private final RandomGenerator random;

  LaneMaker(EventLoop loop, CarrierPark park, LaneDialer dialer, RandomGenerator random) {
    this.loop = loop;
    this.park = park;
    this.dialer = dialer;
    this.random = random;
  }

  /** A fresh lane id. */
  ByteString newLaneId() {
    byte[] id = new byte[Lane.ID_BYTES];
    random.nextBytes(id);
    return ByteString.copyFrom(id);
  }

  /**
   * Makes a lane; only a connector of one of these groups is accepted at its other end, whatever
   * the broker says. The future completes on the client's loop.
   */
  Future<Lane> make(LaneRequest request, Set<String> groups) {
    Promise<Lane> made = loop.newPromise();
    park.take(loop)
        .addListener((Future<ParkedCarrier> taken) ->
            onLoop(() -> {
              if (!taken.isSuccess()) {
                made.tryFailure(taken.cause());
              } else {
                dial(taken.getNow(), request, groups, made);
              }
            }));
    return made;
  }

  private void dial(
      ParkedCarrier carrier, LaneRequest request, Set<String> groups, Promise<Lane> made) {
    dialer
        .dial(carrier, request, Peers.connectorIn(groups)::spiffeId)
        .addListener((Future<Lane> dialled) ->
            onLoop(() -> {
              if (dialled.isSuccess()) {
                if (!made.trySuccess(dialled.getNow())) {
                  dialled.getNow().close();
                }
              } else {
                made.tryFailure(dialled.cause());
              }
            }));
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  /** The reason in a failed future. */
  static ReasonCode reasonOf(Throwable cause) {
    return cause instanceof TunnelException fault ? fault.reason() : ReasonCode.LANE_LOST;
  }
}
