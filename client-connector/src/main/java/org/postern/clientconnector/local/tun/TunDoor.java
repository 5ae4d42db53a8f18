package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.Ipv4Address;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Twin;
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

    /** Whether it is the resolver's, or the twin of that. */
    boolean isResolver(IpAddress address);

    /** The name (or address literal) behind an address that a program sent to; null: nobody's. */
    @Nullable String hostOf(IpAddress address);

    /** A UDP flow to this address begins. */
    void hold(IpAddress address);

    /** A UDP flow to this address ended. */
    void release(IpAddress address);

    /**
     * Answers a DNS question.
     *
     * @param question not retained, valid during the call
     * @param reply called at most once, with an answer that the callee releases
     */
    void ask(ByteBuf question, Consumer<ByteBuf> reply);
  }

  private final TunDevice device;
  private final Supplier<@Nullable Ipv6Twin> twins;
  private final PacketWriter writer;
  private final PacketWriter6 writer6;
  private final Surroundings surroundings;
  private final UdpFlows flows;

  /**
   * A door on a device; it works once the device is attached to it.
   *
   * @param twins gives null while this machine has no IPv6
   */
  public TunDoor(
      TunDevice device,
      Supplier<@Nullable Ipv6Twin> twins,
      EventLoop loop,
      LocalLimits limits,
      Gateway gateway,
      Surroundings surroundings) {
    this.device = device;
    this.twins = twins;
    this.writer = new PacketWriter(ByteBufAllocator.DEFAULT);
    this.writer6 = new PacketWriter6(ByteBufAllocator.DEFAULT);
    this.surroundings = surroundings;
    this.flows = new UdpFlows(loop, limits, gateway, surroundings, this::datagram, this::refused);
  }

  @Override
  public void accept(ByteBuf bytes) {
    if (Packet6.isVersion6(bytes)) {
      accept6(bytes);
      return;
    }
    switch (Packet.parse(bytes)) {
      case Packet.Udp udp -> udp(UdpFlows.Key.Ipv4.of(udp), udp.targetPort(), udp.payload());
      case Packet.Tcp tcp -> tcp(tcp);
      case Packet.Echo echo -> echo(echo);
      case Packet.Ignored _ -> {}
    }
  }

  /** What is for none of us (the kernel greets its neighbours on every new device): no answer. */
  private void accept6(ByteBuf bytes) {
    switch (Packet6.parse(bytes)) {
      case Packet6.Udp udp -> {
        if (isOurs(udp.target())) {
          udp(UdpFlows.Key.Ipv6.of(udp), udp.targetPort(), udp.payload());
        }
      }
      case Packet6.Tcp tcp -> {
        if (isOurs(tcp.target()) && (tcp.shape().flags() & Packet.FLAG_RST) == 0) {
          device.write(writer6.reset(tcp));
        }
      }
      case Packet6.Echo echo -> {
        if (isAnybodys(echo.target())) {
          device.write(writer6.echoReply(echo));
        }
      }
      case Packet6.Ignored _ -> {}
    }
  }

  private boolean isOurs(Ipv6Address address) {
    Ipv6Twin twin = twins.get();
    return (twin != null && twin.ipv4(address) != null) || isAnybodys(address);
  }

  /** UDP flows now. */
  public int udpFlows() {
    return flows.size();
  }

  /** Ends every flow; on the event loop. */
  public void close() {
    flows.close();
  }

  private void udp(UdpFlows.Key key, int targetPort, ByteBuf payload) {
    if (flows.forward(key, payload)) {
      return;
    }
    if (surroundings.isResolver(key.dialled())) {
      if (targetPort == DNS_PORT) {
        surroundings.ask(payload, answer -> datagram(key, answer));
      } else {
        refused(key);
      }
      return;
    }
    String host = surroundings.hostOf(key.dialled());
    if (host == null) {
      refused(key);
    } else {
      flows.open(key, new Target(host, targetPort), payload);
    }
  }

  private void tcp(Packet.Tcp segment) {
    if ((segment.shape().flags() & Packet.FLAG_RST) == 0) {
      device.write(writer.reset(segment));
    }
  }

  private void echo(Packet.Echo request) {
    if (isAnybodys(new Ipv4Address(request.target()))) {
      device.write(writer.echoReply(request));
    }
  }

  private boolean isAnybodys(IpAddress address) {
    return surroundings.isResolver(address) || surroundings.hostOf(address) != null;
  }

  private void datagram(UdpFlows.Key key, ByteBuf payload) {
    try {
      int length = payload.readableBytes();
      switch (key) {
        case UdpFlows.Key.Ipv4(int program, int programPort, int target, int targetPort) -> {
          if (length <= PacketWriter.UDP_PAYLOAD_MAX) {
            device.write(writer.udp(target, targetPort, program, programPort, payload));
          }
        }
        case UdpFlows.Key.Ipv6(
                Ipv6Address program,
                int programPort,
                Ipv6Address target,
                int targetPort) -> {
          if (length <= PacketWriter6.UDP_PAYLOAD_MAX) {
            device.write(writer6.udp(target, targetPort, program, programPort, payload));
          }
        }
      }
    } finally {
      payload.release();
    }
  }

  private void refused(UdpFlows.Key key) {
    switch (key) {
      case UdpFlows.Key.Ipv4(int program, int programPort, int target, int targetPort) ->
          device.write(writer.portUnreachable(program, programPort, target, targetPort));
      case UdpFlows.Key.Ipv6(
              Ipv6Address program,
              int programPort,
              Ipv6Address target,
              int targetPort) ->
          device.write(writer6.portUnreachable(program, programPort, target, targetPort));
    }
  }
}
