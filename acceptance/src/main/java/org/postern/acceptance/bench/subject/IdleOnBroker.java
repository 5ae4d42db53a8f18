package org.postern.acceptance.bench.subject;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.IdleHolder;
import org.postern.acceptance.bench.JavaMemory;

/** Idle things on a broker that is a process of its own; their other ends are in this process. */
public enum IdleOnBroker implements IdleHolder {
  /** Control links, each of a connector of its own. */
  LINKS("control-link", new Sizes(100, 300, 600)) {
    @Override
    void add(Ground ground) throws Exception {
      ground.kept.add(ground.newConnector(Deployment.OTHER_GROUP).link(message -> {}));
    }
  },
  /** Parked carriers, many of each connector. */
  CARRIERS("carrier", new Sizes(100, 500, 1_000)) {
    @Override
    void add(Ground ground) throws Exception {
      if (ground.made % CARRIERS_OF_ONE == 0) {
        ground.connector = ground.newConnector(Deployment.OTHER_GROUP);
        ground.kept.add(ground.connector.link(message -> {}));
      }
      ground.kept.add(ground.connector().park());
    }
  },
  /** Lanes, many of each device, all to one connector. */
  LANES("lane", new Sizes(100, 300, 600)) {
    @Override
    void add(Ground ground) throws Exception {
      if (ground.made == 0) {
        ground.connector = ground.newConnector(Deployment.GROUP);
        ground.kept.add(ground.connector.link(message -> {}));
      }
      if (ground.made % LANES_OF_ONE == 0) {
        ground.device = ground.fleet.device();
        ground.kept.add(ground.device.link(message -> {}));
      }
      ground.kept.add(ground.device().lane(ground.connector(), Deployment.GROUP));
    }
  },
  /** Flows of one device on one lane. */
  FLOWS("flow", new Sizes(1_000, 10_000, 20_000)) {
    @Override
    void grow(Ground ground, int count) throws Exception {
      if (ground.flows == null) {
        ground.flows =
            new RawFlows(
                ground.fleet.device(),
                ground.newConnector(Deployment.GROUP),
                Deployment.GROUP,
                ground.deployment.plan().application());
      }
      ground.flows.growTo(count);
    }
  };

  private static final int CARRIERS_OF_ONE = 100;
  private static final int LANES_OF_ONE = 60;
  private static final int CONNECTORS_MAX = 1_000;

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
    Deployment deployment =
        Deployment.start(
            (room, command) -> run.start(command),
            Deployment.Plan.onLoopback(JavaMemory.FLAGS),
            run.folder("idle-" + label));
    return new Ground(this, deployment, Fleet.of(run, deployment));
  }

  /** A broker and what was made on it. */
  static final class Ground implements Held {
    private final IdleOnBroker kind;
    private final Deployment deployment;
    private final Fleet fleet;
    private final List<Object> kept = new ArrayList<>();
    private final Map<String, Path> keys = new HashMap<>();
    private int made;
    private @Nullable RawPeer connector;
    private @Nullable RawPeer device;
    private @Nullable RawFlows flows;

    Ground(IdleOnBroker kind, Deployment deployment, Fleet fleet) {
      this.kind = kind;
      this.deployment = deployment;
      this.fleet = fleet;
    }

    private RawPeer connector() {
      return Objects.requireNonNull(connector, "connector");
    }

    private RawPeer device() {
      return Objects.requireNonNull(device, "device");
    }

    private RawPeer newConnector(String group) throws Exception {
      Path key = keys.get(group);
      if (key == null) {
        key = deployment.provisioningKey(group, CONNECTORS_MAX);
        keys.put(group, key);
      }
      return fleet.connector(key);
    }

    @Override
    public void growTo(int count) throws Exception {
      kind.grow(this, count);
    }

    @Override
    public long residentBytes() throws Exception {
      long bytes = 0;
      for (long pid : deployment.brokerPids()) {
        bytes += JavaMemory.liveBytes(pid);
      }
      return bytes;
    }
  }
}
