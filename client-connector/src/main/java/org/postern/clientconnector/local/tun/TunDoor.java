package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;

/**
 * Answers every packet that reaches the device: questions to the resolver, UDP to permitted names,
 * echo requests; and a reset for TCP, because a port that is permitted never gets here (the kernel
 * takes it to the redirection listener). Owned by the event loop.
 */
public final class TunDoor implements Consumer<ByteBuf> {

  private static final int DNS_PORT = 53;

  /** What the door asks about addresses and names. */
  public interface Surroundings {

    /** Address of the resolver. */
    int resolverAddress();

    /** The name (or address literal) behind an address that a program sent to; null: nobody's. */
    @Nullable String hostOf(int address);

    /** A UDP flow to this address begins. */
    void hold(int address);

    /** A UDP flow to this address ended. */
    void release(int address);

    /**
     * Answers a DNS question.
     *
     * @param question not retained, valid during the call
     * @param reply called at most once, with an answer that the callee releases
     */
    void ask(ByteBuf question, Consumer<ByteBuf> reply);
  }

  private final TunDevice device;
  private final PacketWriter writer;
  private final Surroundings surroundings;
  private final UdpFlows flows;

  /** A door on a device; it works once the device is attached to it. */
  public TunDoor(
      TunDevice device,
      EventLoop loop,
      LocalLimits limits,
      Gateway gateway,
      Surroundings surroundings) {
    this.device = device;
    this.writer = new PacketWriter(ByteBufAllocator.DEFAULT);
    this.surroundings = surroundings;
    this.flows = new UdpFlows(loop, limits, gateway, surroundings, this::datagram, this::refused);
  }

  @Override
  public void accept(ByteBuf bytes) {
    switch (Packet.parse(bytes)) {
      case Packet.Udp udp -> udp(udp);
      case Packet.Tcp tcp -> tcp(tcp);
      case Packet.Echo echo -> echo(echo);
      case Packet.Ignored _ -> {}
    }
  }

  /** UDP flows now. */
  public int udpFlows() {
    return flows.size();
  }

  /** Ends every flow; on the event loop. */
  public void close() {
    flows.close();
  }

  private void udp(Packet.Udp datagram) {
    if (datagram.target() == surroundings.resolverAddress()) {
      if (datagram.targetPort() == DNS_PORT) {
        UdpFlows.Key key = UdpFlows.Key.of(datagram);
        surroundings.ask(datagram.payload(), answer -> datagram(key, answer));
      } else {
        refused(UdpFlows.Key.of(datagram));
      }
      return;
    }
    UdpFlows.Key key = UdpFlows.Key.of(datagram);
    if (flows.forward(key, datagram.payload())) {
      return;
    }
    String host = surroundings.hostOf(datagram.target());
    if (host == null) {
      refused(key);
    } else {
      flows.open(key, new Target(host, datagram.targetPort()), datagram.payload());
    }
  }

  private void tcp(Packet.Tcp segment) {
    if ((segment.shape().flags() & Packet.FLAG_RST) == 0) {
      device.write(writer.reset(segment));
    }
  }

  private void echo(Packet.Echo request) {
    boolean ours =
        request.target() == surroundings.resolverAddress()
            || surroundings.hostOf(request.target()) != null;
    if (ours) {
      device.write(writer.echoReply(request));
    }
  }

  private void datagram(UdpFlows.Key key, ByteBuf payload) {
    try {
      if (payload.readableBytes() <= PacketWriter.UDP_PAYLOAD_MAX) {
        device.write(
            writer.udp(key.target(), key.targetPort(), key.program(), key.programPort(), payload));
      }
    } finally {
      payload.release();
    }
  }

  private void refused(UdpFlows.Key key) {
    device.write(
        writer.portUnreachable(key.program(), key.programPort(), key.target(), key.targetPort()));
  }
}
