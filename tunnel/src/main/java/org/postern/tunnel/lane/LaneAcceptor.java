package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.PeerCheck;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.ReasonCode;

/** Makes lanes at the app connector. Thread-safe. */
public final class LaneAcceptor {
  private final Supplier<SslContext> innerTls;
  private final PeerCheck deviceCheck;
  private final TunnelLimits limits;

  /**
   * With the inner TLS server context, asked at every lane (TLS 1.3, ALPN {@code postern-lane/1},
   * the connector's certificate, client certificate required), and a check that accepts devices
   * only.
   */
  public LaneAcceptor(Supplier<SslContext> innerTls, PeerCheck deviceCheck, TunnelLimits limits) {
    this.innerTls = innerTls;
    this.deviceCheck = deviceCheck;
    this.limits = limits;
  }

  /**
   * Takes the lane that was offered on the carrier. The future completes on {@code loop}, to which
   * the carrier is moved first if need be; put the reader in place there, and {@link Lane#start}
   * it. It fails with a {@link TunnelException} when the inner handshake fails or proves another
   * identity than {@code device_spiffe_id} (GRANT_SUBJECT_MISMATCH). The carrier is closed then.
   */
  public Future<Lane> accept(ParkedCarrier carrier, LaneOffer offer, EventLoop loop) {
    Promise<Lane> promise = loop.newPromise();
    carrier
        .moveTo(loop)
        .addListener(moved -> {
          if (!moved.isSuccess()) {
            promise.tryFailure(moved.cause());
            return;
          }
          answer(carrier, offer, promise);
        });
    return promise;
  }

  private void answer(ParkedCarrier carrier, LaneOffer offer, Promise<Lane> promise) {
    var making = new LaneMaking(carrier, offer.getLaneId(), promise, limits);
    try {
      making.begin(
          new Steps(making),
          innerTls.get(),
          onlyThe(offer.getDeviceSpiffeId()),
          ReasonCode.GRANT_SUBJECT_MISMATCH);
      making.bridge().feed(offer.getClientHello());
      if (promise.isDone()) {
        return;
      }
      ByteString flight = making.bridge().flight();
      if (flight.isEmpty() || flight.size() > limits.messages().firstFlightMax()) {
        throw new TunnelException(
            ReasonCode.PROTOCOL_ERROR,
            "ClientHello that yields %d bytes (expected: 1 to %d)"
                .formatted(flight.size(), limits.messages().firstFlightMax()));
      }
      making.expectWithin(
          limits.deadlines().laneHandshake(),
          ReasonCode.ANSWER_TIMEOUT,
          "inner handshake not finished in time");
      LaneAnswer complete =
          LaneAnswer.newBuilder().setLaneId(offer.getLaneId()).setServerFlight(flight).build();
      carrier
          .send(Envelope.newBuilder().setLaneAnswer(complete).build())
          .addListener(sent -> onAnswered(making, carrier, sent));
    } catch (TunnelException e) {
      making.fail(e.reason(), e.text());
    }
  }

  private PeerCheck onlyThe(String deviceId) {
    return session -> {
      String proven = deviceCheck.spiffeId(session);
      if (!proven.equals(deviceId)) {
        throw new SSLPeerUnverifiedException(
            "lane of %s (expected: %s, whom the broker announced)".formatted(proven, deviceId));
      }
      return proven;
    };
  }

  /**
   * The answer has left for the socket: outer TLS comes off. Nothing raw is written before the
   * device's raw bytes are here, because inner TLS has nothing to say until then.
   */
  private static void onAnswered(LaneMaking making, ParkedCarrier carrier, Future<?> sent) {
    if (!sent.isSuccess()) {
      making.fail(ReasonCode.LANE_LOST, "answer could not be sent");
      return;
    }
    carrier
        .eventLoop()
        .execute(() -> {
          try {
            making.goBare();
          } catch (TunnelException e) {
            making.fail(e.reason(), e.text());
          }
        });
  }

  private record Steps(LaneMaking making) implements ParkedCarrier.LaneSteps {
    @Override
    public void onAnswer(LaneAnswer answer) {
      making.fail(ReasonCode.UNEXPECTED_MESSAGE, "LANE_ANSWER (expected: raw bytes)");
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
