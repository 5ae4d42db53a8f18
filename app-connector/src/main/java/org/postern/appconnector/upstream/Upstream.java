package org.postern.appconnector.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.postern.appconnector.config.ConnectorLimits;
import org.postern.tunnel.message.ReasonCode;

/**
 * The way to the applications for everything on one event loop: resolves, checks each address,
 * dials. It dials what it is told and nothing else; who may tell is not its business. Lives as long
 * as its event loop; all methods are called there.
 */
public final class Upstream implements AutoCloseable {
  private static final int WINNERS_MAX = 1024;

  private final EventLoop loop;
  private final NameResolver names;
  private final AddressGuard guard;
  private final ConnectorLimits.Dial limits;
  private final LongSupplier nanoTime;
  private final Bootstrap tcp;
  private final UdpSockets udp;
  private final ServerDials servers;
  private final Map<String, Boolean> ipv4Won = new LinkedHashMap<>(16, 0.75f, true);
  private int inFlight;

  /**
   * @param loop whose thread owns this and all channels made here
   * @param sockets the kernel interface of that loop
   * @param system the network's resolver, asked for at each look-up so that it may change
   * @param guard judges each address before it is dialled
   * @param limits of the process
   * @param nanoTime a monotonic clock, in nanoseconds
   */
  public Upstream(
      EventLoop loop,
      SocketTypes sockets,
      Supplier<SystemResolver> system,
      AddressGuard guard,
      ConnectorLimits limits,
      LongSupplier nanoTime) {
    this.loop = loop;
    this.guard = guard;
    this.limits = limits.dial();
    this.nanoTime = nanoTime;
    this.names =
        new NameResolver(
            loop,
            new DnsQuestioner(loop, sockets, system, limits.resolve()),
            system,
            limits.resolve(),
            nanoTime);
    this.servers = new ServerDials(loop, this.limits, nanoTime);
    this.udp = new UdpSockets(loop, sockets, limits.udp());
    this.tcp =
        new Bootstrap()
            .group(loop)
            .channel(sockets.stream())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_READ, false)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                Math.toIntExact(limits.dial().timeout().toMillis()))
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    // The owner of the flow adds what it needs.
                  }
                });
  }

  /** The loop that owns this. */
  public EventLoop eventLoop() {
    return loop;
  }

  /**
   * Opens a TCP connection. The future never fails; cancelling it before it is done leaves no
   * socket behind.
   */
  public Future<DialOutcome> dialTcp(DialTarget target) {
    return dial(target, this::race);
  }

  /**
   * Opens a UDP socket connected to the first permitted address of the target. No datagram is sent;
   * {@link DialOutcome.Connected} therefore says nothing about the application.
   */
  public Future<DialOutcome> dialUdp(DialTarget target) {
    return dial(target, (to, addresses, started) -> udp.connect(addresses));
  }

  /**
   * As {@link #dialTcp}, to whichever of several targets answers first when they are asked one
   * after the other, within the time of one dial.
   *
   * @param spread dials of different numbers begin at different targets
   * @param told of what came of each target that was dialled
   */
  public Future<DialOutcome> dialTcp(
      List<DialTarget> targets, int spread, BiConsumer<DialTarget, DialOutcome> told) {
    return servers.dial(targets, spread, this::dialTcp, told);
  }

  /** As {@link #dialUdp}, to the first of several targets for which there is a socket. */
  public Future<DialOutcome> dialUdp(List<DialTarget> targets, int spread) {
    return servers.dial(targets, spread, this::dialUdp, (target, outcome) -> {});
  }

  /** Dials under way. */
  public int dialsInFlight() {
    return inFlight;
  }

  @Override
  public void close() {
    names.close();
  }

  /** The last step of a dial. */
  private interface Reach {
    Future<DialOutcome> reach(
        DialTarget target, List<InetSocketAddress> addresses, long startedNanos);
  }

  private Future<DialOutcome> dial(DialTarget target, Reach reach) {
    assert loop.inEventLoop() : "a dial belongs to its event loop";
    if (inFlight >= limits.inFlight()) {
      return loop.newSucceededFuture(
          new DialOutcome.Failed(
              ReasonCode.CONNECTOR_OVERLOADED,
              "this connector has " + inFlight + " dials under way, its limit"));
    }
    inFlight++;
    Promise<DialOutcome> promise = loop.newPromise();
    promise.addListener(done -> inFlight--);
    long startedNanos = nanoTime.getAsLong();
    names
        .resolve(target.host())
        .addListener((Future<Resolution> done) -> {
          if (promise.isDone()) {
            return;
          }
          switch (done.getNow()) {
            case Resolution.Found found -> dialFound(target, found, reach, startedNanos, promise);
            case Resolution.NotFound none ->
                promise.trySuccess(new DialOutcome.Failed(ReasonCode.NAME_NOT_FOUND, none.text()));
            case Resolution.Failed failed ->
                promise.trySuccess(
                    new DialOutcome.Failed(ReasonCode.RESOLVER_FAILED, failed.text()));
          }
        });
    return promise;
  }

  private void dialFound(
      DialTarget target,
      Resolution.Found found,
      Reach reach,
      long startedNanos,
      Promise<DialOutcome> promise) {
    List<InetSocketAddress> permitted = new ArrayList<>();
    String objection = "";
    for (InetAddress address : preferred(target.host(), found.addresses())) {
      var against = guard.objection(address, target.exceptions());
      if (against.isEmpty()) {
        permitted.add(new InetSocketAddress(address, target.port()));
      } else {
        objection = against.get();
      }
    }
    if (permitted.isEmpty()) {
      promise.trySuccess(
          new DialOutcome.Failed(
              ReasonCode.TARGET_FORBIDDEN, objection + "; the application does not permit that"));
      return;
    }
    Future<DialOutcome> reached = reach.reach(target, permitted, startedNanos);
    promise.addListener(done -> {
      if (done.isCancelled()) {
        reached.cancel(false);
      }
    });
    reached.addListener((Future<DialOutcome> done) -> pass(done, promise));
  }

  private static void pass(Future<DialOutcome> from, Promise<DialOutcome> to) {
    if (from.isSuccess()
        && !to.trySuccess(from.getNow())
        && from.getNow() instanceof DialOutcome.Connected late) {
      late.channel().close();
    }
  }

  private Future<DialOutcome> race(
      DialTarget target, List<InetSocketAddress> addresses, long startedNanos) {
    Future<DialOutcome> race =
        new DialRace(loop, this::connect, addresses, startedNanos, limits, nanoTime).start();
    race.addListener((Future<DialOutcome> done) -> {
      if (done.isSuccess() && done.getNow() instanceof DialOutcome.Connected won) {
        remember(target.host(), !(won.address().getAddress() instanceof Inet6Address));
      }
    });
    return race;
  }

  private ChannelFuture connect(InetSocketAddress address) {
    return tcp.connect(address);
  }

  /** Families in turn; the one that won last time is first, so that a dead one costs once. */
  private List<InetAddress> preferred(String host, List<InetAddress> addresses) {
    List<InetAddress> mixed = DialRace.interleave(addresses);
    if (mixed.size() > 1
        && ipv4Won.getOrDefault(host, false)
        && mixed.get(0) instanceof Inet6Address
        && !(mixed.get(1) instanceof Inet6Address)) {
      InetAddress second = mixed.remove(1);
      mixed.add(0, second);
    }
    return mixed;
  }

  private void remember(String host, boolean ipv4) {
    ipv4Won.put(host, ipv4);
    if (ipv4Won.size() > WINNERS_MAX) {
      ipv4Won.remove(ipv4Won.keySet().iterator().next());
    }
  }
}
