package org.postern.clientconnector.local.intercept;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.dns.NameServer;
import org.postern.clientconnector.local.redirect.RedirectTable;
import org.postern.clientconnector.local.synthetic.AddressJournal;
import org.postern.clientconnector.local.synthetic.AddressRefusedException;
import org.postern.clientconnector.local.synthetic.SyntheticAddresses;

/**
 * Gives out synthetic addresses that are ready to be dialled: written down and open at the
 * redirection. Owned by the event loop; files and {@code nft} are the worker's. What is asked while
 * the worker is busy goes to it together.
 */
final class AddressDesk implements NameServer.AddressBook, NamedLiterals.Names {

  private record Change(
      int address,
      List<PortRange> ports,
      @Nullable String writeDown,
      Instant lastUse,
      @Nullable Promise<Integer> ready) {}

  private final EventLoop loop;
  private final Executor worker;
  private final LocalLimits limits;
  private final InstantSource clock;
  private final SyntheticAddresses addresses;
  private final AddressJournal journal;
  private final RedirectTable table;
  private final Supplier<@Nullable Ipv6Twin> twin;

  /** What the redirection holds, or will once the worker is through; absent: nothing. */
  private final Map<Integer, List<PortRange>> open = new HashMap<>();

  private List<Change> waiting = new ArrayList<>();
  private boolean workerBusy;

  AddressDesk(
      EventLoop loop,
      Executor worker,
      LocalLimits limits,
      InstantSource clock,
      SyntheticAddresses addresses,
      AddressJournal journal,
      RedirectTable table,
      Supplier<@Nullable Ipv6Twin> twin) {
    this.loop = loop;
    this.worker = worker;
    this.limits = limits;
    this.clock = clock;
    this.addresses = addresses;
    this.journal = journal;
    this.table = table;
    this.twin = twin;
  }

  @Override
  public Future<Integer> addressFor(String name, Resolution.Permitted permitted) {
    SyntheticAddresses.Assignment assignment;
    try {
      assignment = addresses.assign(name, clock.instant());
    } catch (AddressRefusedException e) {
      return loop.newFailedFuture(e);
    }
    List<PortRange> ports = usable(permitted.tcp());
    boolean known = ports.equals(open.get(assignment.address())) && !workerBusy;
    if (known && !assignment.toWriteDown()) {
      return loop.newSucceededFuture(assignment.address());
    }
    Promise<Integer> ready = loop.newPromise();
    open.put(assignment.address(), ports);
    waiting.add(
        new Change(
            assignment.address(),
            ports,
            assignment.toWriteDown() ? name : null,
            clock.instant(),
            ready));
    sendWaiting();
    return ready;
  }

  @Override
  public @Nullable String nameOf(int address) {
    return addresses.nameOf(address);
  }

  @Override
  public Ipv4Range range() {
    return addresses.range();
  }

  @Override
  public @Nullable Ipv6Twin twin() {
    return twin.get();
  }

  int resolverAddress() {
    return addresses.resolverAddress();
  }

  int size() {
    return addresses.size();
  }

  @Override
  public void hold(int address) {
    addresses.hold(address, clock.instant());
  }

  @Override
  public void release(int address) {
    addresses.release(address, clock.instant());
  }

  /**
   * Addresses that were written down by an earlier process are open for every port until asked
   * about.
   */
  void reopen(List<Integer> restored) {
    restored.forEach(address -> open.put(address, List.of(new PortRange(1, 65_535))));
  }

  /**
   * Asks again about every name whose address is open, and opens or shuts its ports accordingly.
   */
  void reconsider(BiConsumer<String, Consumer<Resolution>> resolve) {
    for (int address : List.copyOf(open.keySet())) {
      String name = addresses.nameOf(address);
      if (name == null) {
        shut(address);
      } else {
        resolve.accept(name, resolution -> apply(address, name, resolution));
      }
    }
  }

  private void apply(int address, String name, Resolution resolution) {
    if (!name.equals(addresses.nameOf(address))) {
      return;
    }
    switch (resolution) {
      case Resolution.Permitted permitted -> {
        List<PortRange> ports = usable(permitted.tcp());
        if (!ports.equals(open.put(address, ports))) {
          change(address, ports);
        }
      }
      case Resolution.Unknown _, Resolution.Bypassed _ -> shut(address);
      case Resolution.Unavailable _ -> {} // the broker decides about every flow anyway
    }
  }

  private void shut(int address) {
    open.remove(address);
    change(address, List.of());
  }

  private void change(int address, List<PortRange> ports) {
    waiting.add(new Change(address, ports, null, clock.instant(), null));
    sendWaiting();
  }

  private List<PortRange> usable(List<PortRange> ports) {
    return ports.subList(0, Math.min(ports.size(), limits.portRangesPerNameMax()));
  }

  private void sendWaiting() {
    if (workerBusy || waiting.isEmpty()) {
      return;
    }
    workerBusy = true;
    List<Change> batch = waiting;
    waiting = new ArrayList<>();
    worker.execute(() -> {
      IOException failure = null;
      try {
        make(batch);
      } catch (IOException e) {
        failure = e;
      }
      IOException outcome = failure;
      loop.execute(() -> onMade(batch, outcome));
    });
  }

  /** On the worker. */
  private void make(List<Change> batch) throws IOException {
    List<RedirectTable.AddressPorts> ports = new ArrayList<>(batch.size());
    for (Change change : batch) {
      if (change.writeDown() != null) {
        int offset = change.address() - addresses.range().base();
        journal.append(change.writeDown(), offset, change.lastUse());
      }
      ports.add(new RedirectTable.AddressPorts(change.address(), change.ports()));
    }
    table.permit(ports);
  }

  private void onMade(List<Change> batch, @Nullable IOException failure) {
    workerBusy = false;
    for (Change change : batch) {
      if (failure != null) {
        open.remove(change.address(), change.ports());
      }
      if (change.ready() != null) {
        if (failure == null) {
          change.ready().setSuccess(change.address());
        } else {
          change.ready().setFailure(failure);
        }
      }
    }
    sendWaiting();
  }
}
