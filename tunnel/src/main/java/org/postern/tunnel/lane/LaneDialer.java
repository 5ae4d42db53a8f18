package org.postern.tunnel.lane;

import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.function.Supplier;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.PeerCheck;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/** Makes lanes at the device. Thread-safe. */
public final class LaneDialer {
  private final Supplier<SslContext> innerTls;
  private final TunnelLimits limits;

  /**
   * With the inner TLS client context, asked at every lane (TLS 1.3, ALPN {@code postern-lane/1},
   * the device's certificate).
   */
  public LaneDialer(Supplier<SslContext> innerTls, TunnelLimits limits) {
    this.innerTls = innerTls;
    this.limits = limits;
  }

  /**
   * Turns a parked carrier into a lane. The future completes on the carrier's loop; put the reader
   * in place there, and {@link Lane#start} it. It fails with a {@link TunnelException}: what the
   * broker's or connector's LaneRefused says, ANSWER_TIMEOUT, LANE_WRONG_CONNECTOR when {@code
   * connectorCheck} throws, LANE_LOST. The carrier is closed then.
   *
   * @param request without {@code client_hello}; {@code lane_id} is set
   * @param connectorCheck accepts connectors of the groups that may serve the application
   */
  public Future<Lane> dial(ParkedCarrier carrier, LaneRequest request, PeerCheck connectorCheck) {
    Promise<Lane> promise = carrier.eventLoop().newPromise();
    carrier
        .eventLoop()
        .execute(() -> {
          var making = new LaneMaking(carrier, request.getLaneId(), promise, limits);
          try {
            making.begin(
                new Steps(making, carrier),
                innerTls.get(),
                connectorCheck,
                ReasonCode.LANE_WRONG_CONNECTOR);
            making.expectWithin(
                limits.deadlines().laneAnswer(),
                ReasonCode.ANSWER_TIMEOUT,
                "no answer to the LaneRequest in time");
            // The client speaks first: its flight was written when inner TLS was put in place.
            LaneRequest complete =
                request.toBuilder().setClientHello(making.bridge().flight()).build();
            carrier.send(Envelope.newBuilder().setLaneRequest(complete).build());
          } catch (TunnelException e) {
            making.fail(e.reason(), e.text());
          }
        });
    return promise;
  }

  private record Steps(LaneMaking making, ParkedCarrier carrier)
      implements ParkedCarrier.LaneSteps {
    @Override
    public void onAnswer(LaneAnswer answer) {
      if (!answer.getLaneId().equals(making.laneId())) {
        making.fail(ReasonCode.LANE_UNKNOWN, "answer to another lane");
        return;
      }
      making.met();
      // Not here: outer TLS is still in the middle of decrypting this very message.
      carrier
          .eventLoop()
          .execute(() -> {
            try {
              making.goBare();
              making.bridge().feed(answer.getServerFlight());
            } catch (TunnelException e) {
              making.fail(e.reason(), e.text());
            }
          });
    }

    @Override
    public void onRefused(LaneRefused refused) {
      making.fail(refused.getReason(), refused.getText());
    }

    @Override
    public void onLost(ReasonCode reason, String text) {
      making.fail(reason == ReasonCode.REASON_UNSPECIFIED ? ReasonCode.LANE_LOST : reason, text);
    }
  }
}
