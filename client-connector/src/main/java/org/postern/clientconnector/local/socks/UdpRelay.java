package org.postern.clientconnector.local.socks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * The UDP port of one association: one flow per target, as in transparent mode. Only the program
 * that asked is heard: its address is the one that its TCP connection came from, its port the one
 * that it announced, or else the one that its first datagram came from.
 *
 * <p>A flow ends when it is idle, when the gateway says so, or when it is the least recently used
 * one and the table is full. A refused target is left alone for a moment, so that a program that
 * goes on sending does not ask the broker with every datagram.
 *
 * <p>Owned by the event loop.
 */
final class UdpRelay extends SimpleChannelInboundHandler<DatagramPacket> {

  private final Gateway gateway;
  private final LocalLimits limits;
  private final EventLoop loop;
  private final InetAddress program;
  private final Runnable onIdle;
  private int programPort;
  private long lastUseNanos;
  private @Nullable ScheduledFuture<?> sweep;

  /** In order of use: the least recently used first. */
  private final Map<Target, Flow> flows = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * A relay for one program.
   *
   * @param programPort what it sends from; 0 if that is not known yet
   * @param onIdle ends the association when nothing came or went for long
   */
  UdpRelay(
      Gateway gateway,
      LocalLimits limits,
      EventLoop loop,
      InetAddress program,
      int programPort,
      Runnable onIdle) {
    this.gateway = gateway;
    this.limits = limits;
    this.loop = loop;
    this.program = program;
    this.programPort = programPort;
    this.onIdle = onIdle;
    this.lastUseNanos = loop.ticker().nanoTime();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    long idle =
        Math.min(limits.udpIdleTimeout().toNanos(), limits.socksAssociationIdleTimeout().toNanos());
    long period = Math.max(1, idle / 4);
    sweep = loop.scheduleWithFixedDelay(this::endIdle, period, period, TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (sweep != null) {
      sweep.cancel(false);
    }
    List.copyOf(flows.values()).forEach(Flow::end);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
    InetSocketAddress sender = packet.sender();
    if (!sender.getAddress().equals(program)
        || (programPort != 0 && sender.getPort() != programPort)) {
      return;
    }
    SocksDatagram datagram = SocksDatagram.read(packet.content());
    if (datagram == null) {
      return;
    }
    programPort = sender.getPort();
    lastUseNanos = loop.ticker().nanoTime();
    // The buffer is as large as a datagram can be, and what waits must not hold it.
    flow(context, datagram).send(packet.content().copy());
  }

  private Flow flow(ChannelHandlerContext context, SocksDatagram datagram) {
    Flow known = flows.get(datagram.target());
    if (known != null && !known.refusedLongAgo()) {
      return known;
    }
    if (known != null) {
      known.end();
    } else if (flows.size() >= limits.socksTargetsPerAssociationMax()) {
      flows.values().iterator().next().end();
    }
    Flow flow = new Flow(context, datagram);
    flows.put(datagram.target(), flow);
    flow.start(gateway.associate(datagram.target(), flow));
    return flow;
  }

  private void endIdle() {
    long now = loop.ticker().nanoTime();
    for (Flow flow : List.copyOf(flows.values())) {
      if (now - flow.usedNanos >= limits.udpIdleTimeout().toNanos()) {
        flow.end();
      }
    }
    if (now - lastUseNanos >= limits.socksAssociationIdleTimeout().toNanos()) {
      onIdle.run();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A datagram that could not be received or sent is lost, as on any network.
  }

  private final class Flow implements DatagramEnd {
    private final ChannelHandlerContext context;
    private final Target target;
    private final ByteBuf header;
    private @Nullable Association association;
    private long usedNanos = loop.ticker().nanoTime();
    private boolean answered;
    private boolean refused;
    private boolean over;

    Flow(ChannelHandlerContext context, SocksDatagram first) {
      this.context = context;
      this.target = first.target();
      this.header = first.header();
    }

    void start(Association opened) {
      association = opened;
    }

    void send(ByteBuf payload) {
      if (association == null || refused || over) {
        payload.release();
        return;
      }
      usedNanos = loop.ticker().nanoTime();
      association.send(payload);
    }

    boolean refusedLongAgo() {
      return refused && loop.ticker().nanoTime() - usedNanos >= limits.dnsNegativeTtl().toNanos();
    }

    void end() {
      over = true;
      flows.remove(target, this);
      if (association != null && !refused) {
        association.close();
      }
    }

    @Override
    public void onDatagram(ByteBuf payload) {
      if (over || !context.channel().isWritable()) {
        payload.release();
        return;
      }
      answered = true;
      usedNanos = loop.ticker().nanoTime();
      lastUseNanos = usedNanos;
      flows.get(target); // moves it to the recently used end
      context.writeAndFlush(
          new DatagramPacket(
              Unpooled.wrappedBuffer(header.retainedDuplicate(), payload),
              new InetSocketAddress(program, programPort)));
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      if (over) {
        return;
      }
      if (answered || reason == ReasonCode.IDLE_TIMEOUT) {
        over = true;
        flows.remove(target, this);
      } else {
        refused = true;
        usedNanos = loop.ticker().nanoTime();
      }
    }
  }
}
