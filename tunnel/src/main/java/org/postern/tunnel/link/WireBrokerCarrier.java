package org.postern.tunnel.link;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.SocketAddress;
import java.time.Duration;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * A {@link BrokerCarrier} on a {@link Wire}.
 *
 * <pre>
 *            LaneRequest in            answer
 *          +----------------> REQUESTED ------> ANSWERED --+ release
 *  PARKED -|                                               +--------> RELEASED
 *          +----------------> OFFERED --------> TAKEN -----+
 *            offer out          LaneAnswer in
 * </pre>
 *
 * Every state but RELEASED also ends by closing.
 */
final class WireBrokerCarrier implements BrokerCarrier, Role {
  /** Length of a lane id. */
  private static final int LANE_ID_BYTES = 16;

  private final Wire wire;
  private final String peerId;
  private volatile State state = State.PARKED;
  private ByteString laneId = ByteString.EMPTY;
  private @Nullable BrokerCarrierListener listener;

  private enum State {
    PARKED,
    REQUESTED,
    OFFERED,
    ANSWERED,
    TAKEN,
    RELEASED
  }

  WireBrokerCarrier(Wire wire, String peerId) {
    this.wire = wire;
    this.peerId = peerId;
  }

  void listen(BrokerCarrierListener hears) {
    listener = hears;
  }

  @Override
  public String peerId() {
    return peerId;
  }

  @Override
  public EventLoop eventLoop() {
    return wire.channel().eventLoop();
  }

  @Override
  public Channel channel() {
    return wire.channel();
  }

  @Override
  public SocketAddress remoteAddress() {
    return PeerAddress.of(wire.channel());
  }

  @Override
  public boolean isOpen() {
    return wire.isOpen();
  }

  @Override
  public void offer(LaneOffer offer) {
    wire.run(() -> {
      if (state != State.PARKED) {
        throw new IllegalStateException("offer to a carrier that is " + state);
      }
      state = State.OFFERED;
      laneId = offer.getLaneId();
      wire.stopKeepAlive();
      // Half of the device's patience: it is to hear why, rather than to give up by itself.
      Duration patience = wire.limits().deadlines().laneAnswer().dividedBy(2);
      wire.expectWithin(patience, ReasonCode.ANSWER_TIMEOUT, "no answer to the LaneOffer");
      wire.send(Envelope.newBuilder().setLaneOffer(offer).build());
    });
  }

  @Override
  public void refuse(LaneRefused refused) {
    wire.run(() ->
        wire.sayAndClose(
            Envelope.newBuilder().setLaneRefused(refused).build(),
            refused.getReason(),
            refused.getText()));
  }

  @Override
  public Future<?> answer(LaneAnswer answer) {
    if (state != State.REQUESTED) {
      throw new IllegalStateException("answer to a carrier that is " + state);
    }
    state = State.ANSWERED;
    wire.cancelDeadline();
    return wire.send(Envelope.newBuilder().setLaneAnswer(answer).build());
  }

  @Override
  public Future<BrokerCarrier> moveTo(EventLoop loop) {
    Promise<BrokerCarrier> moved = loop.newPromise();
    wire.run(() -> wire.moveTo(loop, moved, this));
    return moved;
  }

  @Override
  public Channel release() throws TunnelException {
    wire.strip();
    state = State.RELEASED;
    return wire.channel();
  }

  @Override
  public void close(ReasonCode reason, String text) {
    wire.run(() -> wire.fail(reason, text, 0));
  }

  @Override
  public void onSecured(Wire on, SSLSession session) {
    throw new AssertionError("a second handshake");
  }

  @Override
  public void onMessage(Wire on, Envelope message) throws TunnelException {
    switch (message.getBodyCase()) {
      case LANE_REQUEST -> onLaneRequest(message);
      case LANE_ANSWER -> onLaneAnswer(message);
      case LANE_REFUSED -> onLaneRefused(message);
      default -> throw Role.unexpected(message, "a message of carriers");
    }
  }

  private void onLaneRequest(Envelope message) throws TunnelException {
    LaneRequest request = message.getLaneRequest();
    if (state != State.PARKED) {
      throw Role.unexpected(message, "nothing before the LaneAnswer");
    }
    if (request.getLaneId().size() != LANE_ID_BYTES) {
      throw new TunnelException(
          ReasonCode.PROTOCOL_ERROR,
          "lane id of %d bytes (expected: %d)"
              .formatted(request.getLaneId().size(), LANE_ID_BYTES));
    }
    checkFlight(request.getClientHello());
    state = State.REQUESTED;
    laneId = request.getLaneId();
    wire.stopKeepAlive();
    wire.expectWithin(
        wire.limits().deadlines().laneAnswer(),
        ReasonCode.ANSWER_TIMEOUT,
        "no connector answered in time");
    if (listener != null) {
      listener.onLaneRequest(this, request);
    }
  }

  private void onLaneAnswer(Envelope message) throws TunnelException {
    LaneAnswer answer = message.getLaneAnswer();
    if (state != State.OFFERED) {
      throw Role.unexpected(message, "no LaneAnswer without a LaneOffer");
    }
    if (!answer.getLaneId().equals(laneId)) {
      throw new TunnelException(ReasonCode.LANE_UNKNOWN, "answer to a lane that was not offered");
    }
    checkFlight(answer.getServerFlight());
    state = State.TAKEN;
    wire.cancelDeadline();
    if (listener != null) {
      listener.onLaneAnswer(this, answer);
    }
  }

  private void onLaneRefused(Envelope message) throws TunnelException {
    if (state != State.OFFERED) {
      throw Role.unexpected(message, "no LaneRefused without a LaneOffer");
    }
    if (listener != null) {
      listener.onLaneRefused(this, message.getLaneRefused());
    }
    wire.fail(message.getLaneRefused().getReason(), "lane refused", 0);
  }

  private void checkFlight(ByteString flight) throws TunnelException {
    int bytesMax = wire.limits().messages().firstFlightMax();
    if (flight.isEmpty() || flight.size() > bytesMax) {
      throw new TunnelException(
          ReasonCode.FRAME_TOO_LARGE,
          "first flight of %d bytes (expected: 1 to %d)".formatted(flight.size(), bytesMax));
    }
  }

  @Override
  public void onEnded(ReasonCode reason, String text, int retryAfterSeconds) {
    if (listener != null) {
      listener.onClosed(this, reason, text);
    }
  }

  @Override
  public boolean nothingMoreExpected() {
    return state == State.REQUESTED || state == State.ANSWERED || state == State.TAKEN;
  }

  @Override
  public ReasonCode brokenRecord() {
    return switch (state) {
      case REQUESTED, ANSWERED, TAKEN -> ReasonCode.RAW_BYTES_TOO_EARLY;
      case PARKED, OFFERED, RELEASED -> ReasonCode.PROTOCOL_ERROR;
    };
  }

  @Override
  public String toString() {
    return "carrier of " + peerId + " (" + state + ")";
  }
}
