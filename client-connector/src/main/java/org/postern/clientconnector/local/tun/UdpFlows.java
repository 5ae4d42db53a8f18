package org.postern.clientconnector.local.tun;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.Ipv4Address;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * The UDP flows of the device, one association per pair of address and port on either side. A flow
 * ends when it is idle, when the gateway says so, or when it is the least recently used one and the
 * table is full. Owned by the event loop.
 */
final class UdpFlows {

  /** Who talks with whom; a program that talks over IPv6 has flows of its own. */
  sealed interface Key {
    /** What the program sent to. */
    IpAddress dialled();

    /** Over IPv4. */
    record Ipv4(int program, int programPort, int target, int targetPort) implements Key {
      @Override
      public IpAddress dialled() {
        return new Ipv4Address(target);
      }

      static Ipv4 of(Packet.Udp datagram) {
        return new Ipv4(
            datagram.source(), datagram.sourcePort(), datagram.target(), datagram.targetPort());
      }
    }

    /** Over IPv6. */
    record Ipv6(Ipv6Address program, int programPort, Ipv6Address target, int targetPort)
        implements Key {
      @Override
      public IpAddress dialled() {
        return target;
      }

      static Ipv6 of(Packet6.Udp datagram) {
        return new Ipv6(
            datagram.source(), datagram.sourcePort(), datagram.target(), datagram.targetPort());
      }
    }
  }

  private final EventLoop loop;
  private final LocalLimits limits;
  private final Gateway gateway;
  private final TunDoor.Surroundings surroundings;
  private final BiConsumer<Key, ByteBuf> toProgram;
  private final Consumer<Key> refusedToProgram;

  /** In order of use: the least recently used first. */
  private final Map<Key, Flow> flows = new LinkedHashMap<>(16, 0.75f, true);

  private @Nullable ScheduledFuture<?> sweep;

  UdpFlows(
      EventLoop loop,
      LocalLimits limits,
      Gateway gateway,
      TunDoor.Surroundings surroundings,
      BiConsumer<Key, ByteBuf> toProgram,
      Consumer<Key> refusedToProgram) {
    this.loop = loop;
    this.limits = limits;
    this.gateway = gateway;
    this.surroundings = surroundings;
    this.toProgram = toProgram;
    this.refusedToProgram = refusedToProgram;
  }

  int size() {
    return flows.size();
  }

  /** Sends a datagram on the flow that it belongs to; false if there is none. */
  boolean forward(Key key, ByteBuf payload) {
    Flow flow = flows.get(key);
    if (flow == null) {
      return false;
    }
    flow.send(payload);
    return true;
  }

  /** Opens a flow and sends its first datagram. */
  void open(Key key, Target target, ByteBuf payload) {
    if (flows.size() >= limits.udpFlowsMax()) {
      flows.values().iterator().next().end();
    }
    Flow flow = new Flow(key);
    flows.put(key, flow);
    surroundings.hold(key.dialled());
    flow.start(gateway.associate(target, flow));
    flow.send(payload);
    if (sweep == null) {
      long period = Math.max(1, limits.udpIdleTimeout().toNanos() / 4);
      sweep = loop.scheduleWithFixedDelay(this::endIdle, period, period, TimeUnit.NANOSECONDS);
    }
  }

  void close() {
    List.copyOf(flows.values()).forEach(Flow::end);
    stopSweeping();
  }

  private void endIdle() {
    long now = loop.ticker().nanoTime();
    List<Flow> idle = new ArrayList<>();
    for (Flow flow : flows.values()) {
      if (now - flow.lastUseNanos >= limits.udpIdleTimeout().toNanos()) {
        idle.add(flow);
      }
    }
    idle.forEach(Flow::end);
    if (flows.isEmpty()) {
      stopSweeping();
    }
  }

  private void stopSweeping() {
    if (sweep != null) {
      sweep.cancel(false);
      sweep = null;
    }
  }

  private final class Flow implements DatagramEnd {
    private final Key key;
    private @Nullable Association association;
    private long lastUseNanos = loop.ticker().nanoTime();
    private boolean answered;
    private boolean over;

    Flow(Key key) {
      this.key = key;
    }

    void start(Association opened) {
      association = opened;
    }

    void send(ByteBuf payload) {
      lastUseNanos = loop.ticker().nanoTime();
      if (association != null && !over) {
        // The packet's buffer is read into again at once, so that the datagram needs bytes of its
        // own.
        association.send(payload.copy());
      }
    }

    void end() {
      forget();
      if (association != null) {
        association.close();
      }
    }

    @Override
    public void onDatagram(ByteBuf payload) {
      if (over) {
        payload.release();
        return;
      }
      answered = true;
      lastUseNanos = loop.ticker().nanoTime();
      flows.get(key); // moves it to the recently used end
      toProgram.accept(key, payload);
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      if (!over) {
        forget();
        if (!answered) {
          refusedToProgram.accept(key);
        }
      }
    }

    private void forget() {
      if (!over) {
        over = true;
        flows.remove(key, this);
        surroundings.release(key.dialled());
      }
    }
  }
}
