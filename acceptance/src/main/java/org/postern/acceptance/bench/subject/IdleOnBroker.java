package org.postern.acceptance.bench.subject;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.IdleHolder;
import org.postern.acceptance.bench.JavaMemory;

/**
 * Idle things in the broker's rooms, which are a process of their own; their other ends are in this
 * process. Without the broker's other doors, where enrolling thousands would take hours by design.
 * The sizes are such that a step of the heap or of a pool of memory (4 MiB) is little beside them.
 */
@SuppressWarnings("ImmutableEnumChecker") // its sizes are a lambda without state
public enum IdleOnBroker implements IdleHolder {
  /** Control links, each of a connector of its own. */
  LINKS("control-link", new Sizes(500, 2_000, 5_000)) {
    @Override
    void add(Ground ground) throws Exception {
      ground.kept.add(ground.rooms.newConnector().link(message -> {}));
    }
  },
  /** Parked carriers, many of each connector. */
  CARRIERS("carrier", new Sizes(500, 2_000, 5_000)) {
    @Override
    void add(Ground ground) throws Exception {
      if (ground.made % CARRIERS_OF_ONE == 0) {
        ground.connector = ground.rooms.newConnector();
        ground.kept.add(ground.connector().link(message -> {}));
      }
      ground.kept.add(ground.connector().park());
    }
  },
  /** Lanes, many of each device, all to one connector. */
  LANES("lane", new Sizes(500, 2_000, 4_000)) {
    @Override
    void add(Ground ground) throws Exception {
      if (ground.made == 0) {
        ground.connector = ground.rooms.servingConnector();
        ground.kept.add(ground.connector().link(message -> {}));
      }
      if (ground.made % LANES_OF_ONE == 0) {
        ground.device = ground.rooms.newDevice();
        ground.kept.add(ground.device().link(message -> {}));
      }
      ground.kept.add(ground.device().lane(ground.connector(), Deployment.GROUP));
    }
  },
  /** Flows of one device on one lane. */
  FLOWS("flow", new Sizes(1_000, 10_000, 20_000)) {
    @Override
    void grow(Ground ground, int count) throws Exception {
      RawFlows flows = ground.flows;
      if (flows == null) {
        flows =
            new RawFlows(
                ground.rooms.newDevice(),
                ground.rooms.servingConnector(),
                Deployment.GROUP,
                RoomsMain.HOST);
        ground.flows = flows;
      }
      flows.growTo(count);
    }
  };

  private static final int CARRIERS_OF_ONE = 100;
  private static final int LANES_OF_ONE = 60;

  private final String label;
  private final Sizes sizes;

  IdleOnBroker(String label, Sizes sizes) {
    this.label = label;
    this.sizes = sizes;
  }

  /** Makes one more. */
  void add(Ground ground) throws Exception {
    throw new AssertionError(this + " are not made one by one");
  }

  /** Makes some until there are so many. */
  void grow(Ground ground, int count) throws Exception {
    for (; ground.made < count; ground.made++) {
      add(ground);
    }
  }

  @Override
  public String label() {
    return PosternContender.LABEL + "." + label;
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Held open(BenchRun run) throws Exception {
    return new Ground(this, RoomsMain.start(run, run.folder("idle-" + label), JavaMemory.FLAGS));
  }

  /** A broker and what was made on it. */
  static final class Ground implements Held {
    private final IdleOnBroker kind;
    private final RoomsMain.Running rooms;
    private final List<Object> kept = new ArrayList<>();
    private int made;
    private @Nullable RawPeer connector;
    private @Nullable RawPeer device;
    private @Nullable RawFlows flows;

    Ground(IdleOnBroker kind, RoomsMain.Running rooms) {
      this.kind = kind;
      this.rooms = rooms;
    }

    private RawPeer connector() {
      return Objects.requireNonNull(connector, "connector");
    }

    private RawPeer device() {
      return Objects.requireNonNull(device, "device");
    }

    @Override
    public void growTo(int count) throws Exception {
      kind.grow(this, count);
    }

    @Override
    public long residentBytes() throws Exception {
      long bytes = 0;
      for (long pid : rooms.pids()) {
        bytes += JavaMemory.liveBytes(pid);
      }
      return bytes;
    }
  }
}
