package org.postern.acceptance.bench.directory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.JavaMemory;
import org.postern.acceptance.bench.store.BenchDatabase;
import org.postern.acceptance.bench.store.SeededPolicy;
import org.postern.policystore.AccessRule;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.jdbc.SnapshotStore;

/**
 * A broker with a large policy and a heap of 1 GiB, and a second reader of the same database as a
 * second broker has it: one rule changes over and over, and both are asked from the commit on.
 */
public final class PolicyReload {
  private static final String USER = "u-seeded-0";
  private static final String RULE = "probed-to-door";
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(4);
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final BenchRun run;
  private final SeededPolicy.Size size;
  private final int changes;

  /** So many changes of one rule in a policy of that size. */
  public PolicyReload(BenchRun run, SeededPolicy.Size size, int changes) {
    this.run = run;
    this.size = size;
    this.changes = changes;
  }

  /**
   * What came of it.
   *
   * @param heapMebibytes in use at the broker after a full collection, everything loaded
   * @param loadSeconds until both had the whole policy
   * @param millis from each commit until both brokers decided by it, sorted
   */
  public record Result(double heapMebibytes, double loadSeconds, List<Double> millis) {
    /** So many of the changes were known by then. */
    public double millisAt(double share) {
      return millis.get((int) Math.min(millis.size() - 1L, Math.round(millis.size() * share)));
    }
  }

  /** Does it all. */
  public Result measure() throws Exception {
    DirectoryBroker broker = new DirectoryBroker(run, "-Xmx1g -XX:+UseSerialGC");
    BenchDatabase database = run.own(broker.database());
    SnapshotStore second =
        run.own(SnapshotStore.start(database.source(), SnapshotStore.Settings.DEFAULT));
    SeededPolicy policy = new SeededPolicy(database);
    long start = System.nanoTime();
    policy.write(size, DirectoryBroker.PROVIDER);
    policy.join(USER, DirectoryBroker.GROUP);
    String device = database.signedInDevice(USER, DirectoryBroker.PROVIDER);
    await(() -> broker.permits(device));
    await(() -> permits(second, device));
    double loadSeconds = (System.nanoTime() - start) / 1e9;
    run.say("loaded in %.1f s".formatted(loadSeconds));

    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < changes; i++) {
      boolean allowed = i % 2 != 0;
      policy.change(RULE, allowed ? "allow" : "deny");
      long committed = System.nanoTime();
      await(() -> permits(second, device) == allowed);
      await(() -> broker.permits(device) == allowed);
      millis.add((System.nanoTime() - committed) / 1e6);
    }
    double heap = JavaMemory.heapBytes(broker.pids().getFirst()) / (double) (1 << 20);
    return new Result(heap, loadSeconds, millis.stream().sorted().toList());
  }

  private static boolean permits(SnapshotStore store, String device) {
    DeviceRecord known = store.current().identities().devices().get(device);
    return known != null
        && store.current().configuration().rules().stream()
            .filter(rule -> rule.name().equals(RULE))
            .anyMatch(rule -> rule.action() == AccessRule.Action.ALLOW);
  }

  private interface Question {
    boolean ask() throws Exception;
  }

  private static void await(Question question) throws Exception {
    long limit = System.nanoTime() + LIMIT_NANOS;
    while (!question.ask()) {
      if (System.nanoTime() > limit) {
        throw new IllegalStateException("a change was not known within 30 s");
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
