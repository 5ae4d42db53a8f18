package org.postern.tunnel.link;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneAnswer;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRefused;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Welcome;

/**
 * A carrier of ours at a broker, waiting to become a lane. Owner: its {@link #eventLoop()}; the
 * methods may be called from any thread unless they say otherwise.
 */
public final class ParkedCarrier {
  private final Wire wire;
  private final String peerId;
  private final Welcome welcome;
  private final CarrierListener listener;
  private final Role role = new CarrierRole();
  private volatile State state = State.PARKED;
  private ByteString offered = ByteString.EMPTY;
  private @Nullable LaneSteps steps;

  private enum State {
    PARKED,
    OFFERED,
    TAKEN,
    CLOSED
  }

  ParkedCarrier(Wire wire, String peerId, Welcome welcome, CarrierListener listener) {
    this.wire = wire;
    this.peerId = peerId;
    this.welcome = welcome;
    this.listener = listener;
  }

  Role role() {
    return role;
  }

  /** SPIFFE id of the broker. */
  public String peerId() {
    return peerId;
  }

  /** The broker's answer to our Hello. */
  public Welcome welcome() {
    return welcome;
  }

  /** Loop that owns it. */
  public EventLoop eventLoop() {
    return wire.channel().eventLoop();
  }

  /** False once it is offered, in use, closing or closed. */
  public boolean isParked() {
    return state == State.PARKED && wire.isOpen();
  }

  /** Answers an offer with LaneRefused, and closes. */
  public void refuse(ReasonCode reason, String text) {
    wire.run(() -> {
      LaneRefused.Builder refused =
          LaneRefused.newBuilder().setLaneId(offered).setReason(reason).setText(text);
      wire.sayAndClose(Envelope.newBuilder().setLaneRefused(refused).build(), reason, text);
    });
  }

  /** Closes. Idempotent. */
  public void close() {
    // From the tail, because it may be a lane by now.
    wire.channel().close();
  }

  /** Moves it to another loop, on which the future completes. Nothing is read meanwhile. */
  public Future<ParkedCarrier> moveTo(EventLoop loop) {
    Promise<ParkedCarrier> moved = loop.newPromise();
    wire.run(() -> wire.moveTo(loop, moved, this));
    return moved;
  }

  /**
   * Claims the carrier for a lane; from now on the steps hear what happens, the carrier's listener
   * does not. Only for the lane package, on the carrier's loop.
   *
   * @return the channel, with outer TLS still on it
   * @throws TunnelException when it was claimed or closed before
   */
  public Channel take(LaneSteps taker) throws TunnelException {
    if (state == State.TAKEN || !wire.isOpen()) {
      throw new TunnelException(ReasonCode.LANE_LOST, "carrier is no longer there");
    }
    state = State.TAKEN;
    steps = taker;
    wire.stopKeepAlive();
    wire.cancelDeadline();
    return wire.channel();
  }

  /** Sends a lane message; completes when it has left. Only for the lane package, on the loop. */
  public Future<?> send(Envelope message) {
    return wire.send(message);
  }

  /**
   * Takes outer TLS off. Only for the lane package, on the loop.
   *
   * @throws TunnelException when it has closed, or the broker said more than it was entitled to
   */
  public void release() throws TunnelException {
    wire.strip();
  }

  /** What a lane in the making hears from the broker. Called on the carrier's loop. */
  public interface LaneSteps {
    /** The connector's answer. At most once. */
    void onAnswer(LaneAnswer answer);

    /** No lane; or the offer is withdrawn. The carrier closes next. */
    void onRefused(LaneRefused refused);

    /** The carrier ended before outer TLS was taken off. */
    void onLost(ReasonCode reason, String text);
  }

  private final class CarrierRole implements Role {
    @Override
    public void onSecured(Wire on, SSLSession session) {
      throw new AssertionError("a second handshake");
    }

    @Override
    public void onMessage(Wire on, Envelope message) throws TunnelException {
      LaneSteps taker = steps;
      switch (message.getBodyCase()) {
        case LANE_OFFER -> onOffer(message);
        case LANE_ANSWER -> {
          if (taker == null) {
            throw Role.unexpected(message, "no LaneAnswer without a LaneRequest");
          }
          taker.onAnswer(message.getLaneAnswer());
        }
        case LANE_REFUSED -> {
          if (taker != null) {
            taker.onRefused(message.getLaneRefused());
          }
          on.close();
        }
        default -> throw Role.unexpected(message, "a message of carriers");
      }
    }

    private void onOffer(Envelope message) throws TunnelException {
      LaneOffer offer = message.getLaneOffer();
      if (state != State.PARKED) {
        throw Role.unexpected(message, "one lane per carrier");
      }
      state = State.OFFERED;
      offered = offer.getLaneId();
      wire.stopKeepAlive();
      wire.expectWithin(
          wire.limits().deadlines().laneAnswer(), ReasonCode.ANSWER_TIMEOUT, "offer not taken");
      listener.onOffer(ParkedCarrier.this, offer);
    }

    @Override
    public void onEnded(ReasonCode reason, String text, int retryAfterSeconds) {
      boolean taken = state == State.TAKEN;
      state = State.CLOSED;
      LaneSteps taker = steps;
      if (taken && taker != null) {
        taker.onLost(reason, text);
      } else {
        listener.onClosed(ParkedCarrier.this, reason, text);
      }
    }
  }
}
