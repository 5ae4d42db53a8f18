package org.postern.tunnel.link;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import org.postern.tunnel.message.ReasonCode;

/**
 * In front of outer TLS while a device waits for the answer to its LaneRequest: it has nothing to
 * say until then but goodbye. TLS itself does not tell, because an OpenSSL engine answers a record
 * that it cannot read with an alert and keeps the error to itself until it is asked again.
 */
final class SilenceGuard extends ChannelInboundHandlerAdapter {
  private final Wire wire;
  private boolean heard;

  SilenceGuard(Wire wire) {
    this.wire = wire;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    heard = true;
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.fireChannelReadComplete();
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (heard && tls != null && !tls.engine().isInboundDone()) {
      wire.fail(ReasonCode.RAW_BYTES_TOO_EARLY, "bytes before the LaneAnswer (expected: none)", 0);
    }
  }
}
