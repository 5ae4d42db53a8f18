package org.postern.clientconnector.local.intercept;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Association;
import org.postern.clientconnector.local.ConnectListener;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/**
 * A gateway for programs that resolve a name by themselves and hand the address to a proxy: a
 * synthetic address, of either kind, stands for its name there, too. What is no such address passes
 * unchanged. On the event loop.
 */
final class NamedLiterals implements Gateway {

  /** What is asked about synthetic addresses. */
  interface Names {
    /** The name behind a synthetic address; null: nobody's. */
    @Nullable String nameOf(int address);

    /** Where synthetic addresses come from. */
    Ipv4Range range();

    /** A flow to this address begins. */
    void hold(int address);

    /** A flow to this address ended. */
    void release(int address);

    /** Null while this machine has no IPv6. */
    @Nullable Ipv6Twin twin();
  }

  private record Named(Target target, int address) {}

  private final Gateway gateway;
  private final Names names;

  NamedLiterals(Gateway gateway, Names names) {
    this.gateway = gateway;
    this.names = names;
  }

  @Override
  public Future<Resolution> resolve(String host) {
    return gateway.resolve(host);
  }

  @Override
  public void connect(Target target, Channel local, ConnectListener listener) {
    Named named = named(target);
    if (named == null) {
      gateway.connect(target, local, listener);
      return;
    }
    names.hold(named.address());
    EventLoop owner = local.eventLoop(); // the flow may take the channel to another one
    local.closeFuture().addListener(closed -> owner.execute(() -> names.release(named.address())));
    gateway.connect(named.target(), local, listener);
  }

  @Override
  public Association associate(Target target, DatagramEnd local) {
    Named named = named(target);
    if (named == null) {
      return gateway.associate(target, local);
    }
    names.hold(named.address());
    return gateway.associate(named.target(), new Releasing(local, named.address(), names::release));
  }

  @Override
  public @Nullable String hostBehind(String host) {
    Integer address = synthetic(host);
    return address == null || !names.range().contains(address) ? host : names.nameOf(address);
  }

  private @Nullable Named named(Target target) {
    Integer address = synthetic(target.host());
    String name = address == null ? null : names.nameOf(address);
    return address == null || name == null
        ? null
        : new Named(new Target(name, target.port()), address);
  }

  private @Nullable Integer synthetic(String host) {
    boolean ipv6 = host.indexOf(':') >= 0;
    if (!ipv6 && !Character.isDigit(host.charAt(host.length() - 1))) {
      return null; // a name: the usual case
    }
    try {
      if (!ipv6) {
        return Ipv4Range.parseAddress(host);
      }
      Ipv6Twin twin = names.twin();
      return twin == null ? null : twin.ipv4(Ipv6Address.parse(host));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Its last call gives the address free. */
  private record Releasing(DatagramEnd end, int address, IntConsumer release)
      implements DatagramEnd {
    @Override
    public void onDatagram(ByteBuf payload) {
      end.onDatagram(payload);
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      release.accept(address);
      end.onClosed(reason, text);
    }
  }
}
