package org.postern.acceptance.bench;

import java.util.List;
import org.postern.acceptance.bench.directory.PolicyReload;
import org.postern.acceptance.bench.store.SeededPolicy;

/**
 * 50,000 applications, 10,000 rules and 100,000 people at a broker with a heap of 1 GiB: what of it
 * is in use, and how long after its commit a change of one rule decides at two brokers.
 */
final class ReloadBenchmark implements Benchmark {
  private static final SeededPolicy.Size FULL =
      new SeededPolicy.Size(50_000, 10_000, 1_000, 100_000);
  private static final SeededPolicy.Size QUICK = new SeededPolicy.Size(5_000, 1_000, 100, 5_000);
  private static final int CHANGES = 100;
  private static final int QUICK_CHANGES = 20;

  private final String subject;

  ReloadBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "reload";
  }

  @Override
  public String about() {
    return "a large policy in memory, and milliseconds until a changed rule decides everywhere";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    PolicyReload.Result result =
        new PolicyReload(run, run.quick() ? QUICK : FULL, run.quick() ? QUICK_CHANGES : CHANGES)
            .measure();
    return List.of(
        figure("heap", result.heapMebibytes(), "MiB"),
        figure("load", result.loadSeconds(), "s"),
        figure("rule-change-p50", result.millisAt(0.5), "ms"),
        figure("rule-change-p99", result.millisAt(0.99), "ms"));
  }

  private Figure figure(String property, double value, String unit) {
    return Figure.alone("reload." + subject + "." + property, value, unit);
  }
}
