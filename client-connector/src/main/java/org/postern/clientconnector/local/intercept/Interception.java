package org.postern.clientconnector.local.intercept;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.Ipv4Address;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.dns.Forwarder;
import org.postern.clientconnector.local.dns.NameServer;
import org.postern.clientconnector.local.dns.TcpQuestions;
import org.postern.clientconnector.local.redirect.RedirectListener;
import org.postern.clientconnector.local.redirect.RedirectTable;
import org.postern.clientconnector.local.resolver.MachineResolver;
import org.postern.clientconnector.local.resolver.ResolverDetection;
import org.postern.clientconnector.local.resolver.UndoJournal;
import org.postern.clientconnector.local.synthetic.AddressJournal;
import org.postern.clientconnector.local.synthetic.SyntheticAddresses;
import org.postern.clientconnector.local.system.Commands;
import org.postern.clientconnector.local.tun.TunDevice;
import org.postern.clientconnector.local.tun.TunDoor;

/**
 * Transparent mode on Linux: programs reach private names as if they were on the network.
 *
 * <p>{@link #start} and {@link #close} block and are called by the process's main thread; {@link
 * #update} may be called by any thread. Packets, questions and connections are handled on the one
 * event loop; files and commands by one worker thread of this object's own. Everything that is
 * changed on the machine is undone at the end, whatever the end is.
 */
public final class Interception implements Closeable {

  private static final long WORKER_END_SECONDS = 5;

  private final IoEventLoop loop;
  private final LocalLimits limits;
  private final InterceptionOptions options;
  private final ExecutorService worker;
  private final Commands commands;

  // Made during the start, in this order; absent if the start failed before.
  private @Nullable UndoJournal undo;
  private @Nullable TunDevice tun;
  private @Nullable AddressJournal addressJournal;
  private @Nullable Ipv6Side ipv6;
  private @Nullable RedirectListener listener;
  private @Nullable Channel listening;
  private @Nullable MachineSide machine;
  private @Nullable TunDoor door;
  private @Nullable NameServer nameServer;
  private @Nullable AddressDesk desk;
  private @Nullable Future<?> looking;

  /** On the event loop. */
  private OwnedNames owned = OwnedNames.NONE;

  private Interception(
      InterceptionOptions options, LocalLimits limits, IoEventLoop loop, Commands commands) {
    this.options = options;
    this.limits = limits;
    this.loop = loop;
    this.commands = commands;
    this.worker =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("client-machine").daemon().factory());
  }

  /**
   * Sets everything up; no name is ours until {@link #update}.
   *
   * @param loop an epoll event loop, the one that the gateway lives on
   * @throws IOException if this machine or our privileges do not allow it; the message says why and
   *     what to do next, and nothing is left changed
   */
  public static Interception start(
      InterceptionOptions options,
      LocalLimits limits,
      IoEventLoop loop,
      Gateway gateway,
      InstantSource clock,
      Commands commands)
      throws IOException {
    Interception interception = new Interception(options, limits, loop, commands);
    boolean started = false;
    try {
      interception.setUp(gateway, clock);
      started = true;
      return interception;
    } finally {
      if (!started) {
        interception.close();
      }
    }
  }

  private void setUp(Gateway gateway, InstantSource clock) throws IOException {
    UndoJournal journal = UndoJournal.open(options.runDirectory(), commands);
    undo = journal;
    new RouteClash(commands).requireFree(options.range());
    Ipv6Side twins = Ipv6Side.plan(options, commands);
    ipv6 = twins;
    TunDevice opened = TunDevice.open(options.interfaceName());
    tun = opened;
    SyntheticAddresses addresses =
        new SyntheticAddresses(options.range(), limits.addressReuseAfter());
    AddressJournal written =
        AddressJournal.open(options.stateDirectory().resolve("addresses"), addresses);
    addressJournal = written;

    Surroundings surroundings = new Surroundings();
    RedirectListener accepting = new RedirectListener(limits, gateway, surroundings);
    listener = accepting;
    Channel bound = await(accepting.listen(loop));
    listening = bound;
    journal.add(
        "nft delete table ip " + RedirectTable.nameFor(opened.name()) + " 2>/dev/null || :");
    RedirectTable redirection =
        new RedirectTable(
            commands,
            opened.name(),
            addresses.resolverAddress(),
            ((InetSocketAddress) bound.localAddress()).getPort());
    redirection.install();
    List<Integer> restored = new ArrayList<>();
    addresses.forEachAddress((name, address) -> restored.add(address));
    redirection.permitEveryPort(restored);

    Device network = new Device(commands, opened.name(), options.range());
    network.bringUp(addresses.deviceAddress());
    var means = new Ipv6Side.Means(loop, accepting, redirection, network, journal);
    twins.follow(means);
    AddressDesk addressDesk =
        new AddressDesk(loop, worker, limits, clock, addresses, written, redirection, twins::twin);
    desk = addressDesk;
    onLoop(() -> {
      addressDesk.reopen(restored);
      NameServer server = new NameServer(loop, limits, gateway, addressDesk);
      nameServer = server;
      door = new TunDoor(opened, twins::twin, loop, limits, gateway, surroundings);
      opened.attach(loop, limits.tunPacketsPerWakeupMax(), door);
      return server;
    });
    ResolverDetection detection =
        new ResolverDetection(ResolverDetection.RESOLV_CONF, commands, journal);
    MachineResolver resolver =
        detection.open(
            options.resolver().keeper(detection),
            opened.name(),
            twins::reverseZones,
            addresses.resolverAddress());
    MachineSide side = new MachineSide(options, commands, twins, means, resolver, this::passOthers);
    machine = side;
    side.pointResolver();
    looking =
        loop.scheduleWithFixedDelay(
            () -> worker.execute(this::follow),
            limits.machineLookInterval().toMillis(),
            limits.machineLookInterval().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /**
   * Other names are ours from now on. DNS answers accordingly at once; routes, redirection and the
   * machine's resolver follow within moments.
   */
  public void update(OwnedNames next) {
    loop.execute(() -> {
      owned = next;
      if (nameServer == null || desk == null) {
        return;
      }
      nameServer.own(next);
      desk.reconsider(nameServer::resolve);
      worker.execute(() -> apply(next));
    });
  }

  /** On the worker. */
  private void apply(OwnedNames next) {
    if (machine != null) {
      machine.apply(next);
    }
  }

  /** On the worker: the machine changes without asking us. */
  private void follow() {
    if (machine != null) {
      machine.follow();
    }
  }

  private @Nullable Ipv6Twin twin() {
    return ipv6 == null ? null : ipv6.twin();
  }

  private void passOthers(List<InetSocketAddress> upstreams) {
    loop.execute(() -> {
      if (nameServer != null) {
        nameServer.passOthersTo(upstreams);
      }
    });
  }

  /** A gateway that takes synthetic addresses for their names; used on the event loop only. */
  public Gateway naming(Gateway gateway) {
    return desk == null ? gateway : new NamedLiterals(gateway, desk);
  }

  /** What is going on; on the event loop. */
  public InterceptionStatus status() {
    assert loop.inEventLoop();
    Ipv6Twin twin = twin();
    return new InterceptionStatus(
        tun == null ? "" : tun.name(),
        options.range().toString(),
        twin == null ? "" : twin.twins().toString(),
        ipv6 == null ? "" : ipv6.whyOff(),
        desk == null ? "" : Ipv4Range.text(desk.resolverAddress()),
        machine == null ? "" : machine.resolverKind(),
        desk == null ? 0 : desk.size(),
        listener == null ? 0 : listener.connections(),
        door == null ? 0 : door.udpFlows(),
        nameServer == null ? 0 : nameServer.questions());
  }

  /** Undoes everything on the machine first, then stops answering. */
  @Override
  public void close() throws IOException {
    if (looking != null) {
      looking.cancel(false);
    }
    stopWorker();
    try {
      if (undo != null) {
        undo.close();
      }
    } finally {
      onLoop(() -> {
        stopAnswering();
        return Path.of("");
      });
      if (addressJournal != null) {
        addressJournal.close();
      }
    }
  }

  private void stopWorker() {
    worker.shutdown();
    try {
      if (!worker.awaitTermination(WORKER_END_SECONDS, TimeUnit.SECONDS)) {
        worker.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopAnswering() {
    if (listening != null) {
      listening.close();
    }
    if (ipv6 != null) {
      ipv6.close();
    }
    if (door != null) {
      door.close();
    }
    if (nameServer != null) {
      nameServer.close();
    }
    if (tun != null) {
      tun.close();
    }
  }

  private <T> T onLoop(Callable<T> task) throws IOException {
    return await(loop.submit(task));
  }

  private static <T> T await(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(cause.getMessage()), cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** What device and listener ask about addresses; on the event loop. */
  private final class Surroundings implements TunDoor.Surroundings, RedirectListener.Surroundings {

    /** The address itself, or that whose twin it is; null for any other of IPv6. */
    private @Nullable Integer ipv4(IpAddress address) {
      Ipv6Twin twin = twin();
      return switch (address) {
        case Ipv4Address(int bits) -> (Integer) bits;
        case Ipv6Address ipv6 -> twin == null ? null : twin.ipv4(ipv6);
      };
    }

    @Override
    public boolean isResolver(IpAddress address) {
      Integer bits = ipv4(address);
      return bits != null && bits == options.range().base() + SyntheticAddresses.RESOLVER_OFFSET;
    }

    @Override
    public @Nullable String hostOf(IpAddress address) {
      if (desk == null) {
        return null;
      }
      Integer bits = ipv4(address);
      String name = bits == null ? null : desk.nameOf(bits);
      return name == null && owned.ownsAddress(address) ? address.toString() : name;
    }

    @Override
    public void hold(IpAddress address) {
      Integer bits = ipv4(address);
      if (desk != null && bits != null) {
        desk.hold(bits);
      }
    }

    @Override
    public void release(IpAddress address) {
      Integer bits = ipv4(address);
      if (desk != null && bits != null) {
        desk.release(bits);
      }
    }

    @Override
    public void ask(ByteBuf question, Consumer<ByteBuf> reply) {
      if (nameServer != null) {
        nameServer.answer(question, Forwarder.Transport.UDP, reply);
      }
    }

    @Override
    public void serveDns(Channel channel) {
      if (nameServer == null) {
        channel.close();
      } else {
        TcpQuestions.serve(channel, nameServer, limits);
      }
    }
  }
}
