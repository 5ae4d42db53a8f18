package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.TunnelException;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.PeerCheck;
import org.postern.tunnel.message.ReasonCode;

/**
 * A carrier on its way to become a lane: what device and connector have in common. The pipeline
 * grows from {@code outer TLS, wire} to {@code outer TLS, wire, bridge, inner TLS, watch, hold},
 * then loses outer TLS and the wire, and in the end is {@code inner TLS} and the lane's reader.
 * Belongs to the carrier's loop.
 */
final class LaneMaking {
  private final ParkedCarrier carrier;
  private final ByteString laneId;
  private final Promise<Lane> promise;
  private final TunnelLimits limits;
  private final InnerBridge bridge = new InnerBridge();
  private @Nullable ScheduledFuture<?> deadline;

  /** The connector's side, outer TLS still on. */
  private boolean answering;

  LaneMaking(ParkedCarrier carrier, ByteString laneId, Promise<Lane> promise, TunnelLimits limits) {
    this.carrier = carrier;
    this.laneId = laneId;
    this.promise = promise;
    this.limits = limits;
  }

  ByteString laneId() {
    return laneId;
  }

  InnerBridge bridge() {
    return bridge;
  }

  /** Claims the carrier and starts inner TLS on it. */
  void begin(
      ParkedCarrier.LaneSteps steps, SslContext innerTls, PeerCheck check, ReasonCode wrongPeer)
      throws TunnelException {
    if (laneId.size() != Lane.ID_BYTES) {
      throw new TunnelException(
          ReasonCode.PROTOCOL_ERROR,
          "lane id of %d bytes (expected: %d)".formatted(laneId.size(), Lane.ID_BYTES));
    }
    Channel channel = carrier.take(steps);
    answering = wrongPeer == ReasonCode.GRANT_SUBJECT_MISMATCH;
    SslHandler inner = innerTls.newHandler(channel.alloc());
    // Flows write in pieces that suit records; the handler would copy to fill up each.
    inner.setWrapDataSize(0);
    SSLEngine engine = inner.engine();
    SSLParameters parameters = engine.getSSLParameters();
    // The other end is known by its SPIFFE id, which the peer check judges, not by a host name.
    parameters.setEndpointIdentificationAlgorithm(null);
    engine.setSSLParameters(parameters);
    Duration patience = limits.deadlines().laneAnswer().plus(limits.deadlines().laneHandshake());
    inner.setHandshakeTimeoutMillis(patience.toMillis());
    channel.pipeline().addLast(bridge, inner, new Watch(inner, check, wrongPeer), new LaneHold());
  }

  void expectWithin(Duration time, ReasonCode otherwise, String text) {
    deadline =
        carrier
            .eventLoop()
            .schedule(() -> fail(otherwise, text), time.toNanos(), TimeUnit.NANOSECONDS);
  }

  void met() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  /** Takes outer TLS off; from now on the inner session's records travel bare. */
  void goBare() throws TunnelException {
    carrier.release();
    answering = false;
    bridge.stepAside();
  }

  void fail(ReasonCode reason, String text) {
    met();
    if (!promise.tryFailure(new TunnelException(reason, text))) {
      return;
    }
    if (answering) {
      // The device is to hear why. Does nothing once outer TLS is off.
      carrier.refuse(reason, text);
    } else {
      carrier.close();
    }
  }

  private void done(Channel channel, String peerId) {
    met();
    if (!promise.trySuccess(new Lane(laneId, peerId, channel))) {
      channel.close();
    }
  }

  /** Right behind inner TLS: sees the handshake end, one way or the other. */
  private final class Watch extends ChannelInboundHandlerAdapter {
    private final SslHandler inner;
    private final PeerCheck check;
    private final ReasonCode wrongPeer;

    Watch(SslHandler inner, PeerCheck check, ReasonCode wrongPeer) {
      this.inner = inner;
      this.check = check;
      this.wrongPeer = wrongPeer;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (!(event instanceof SslHandshakeCompletionEvent completion)) {
        ctx.fireUserEventTriggered(event);
        return;
      }
      if (!completion.isSuccess()) {
        fail(ReasonCode.LANE_LOST, "inner handshake: " + completion.cause().getMessage());
        return;
      }
      try {
        if (!TunnelProtocol.LANE_ALPN.equals(inner.applicationProtocol())) {
          throw new SSLPeerUnverifiedException(
              "ALPN %s (expected: %s)"
                  .formatted(inner.applicationProtocol(), TunnelProtocol.LANE_ALPN));
        }
        String peerId = check.spiffeId(inner.engine().getSession());
        ctx.pipeline().remove(this);
        done(ctx.channel(), peerId);
      } catch (SSLPeerUnverifiedException e) {
        fail(wrongPeer, String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      fail(ReasonCode.LANE_LOST, "connection ended during the inner handshake");
      ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fail(ReasonCode.LANE_LOST, "inner TLS: " + cause.getMessage());
    }
  }
}
