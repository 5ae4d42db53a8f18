package org.postern.acceptance.bench;

import java.util.List;
import org.postern.acceptance.bench.directory.DirectoryTrial;

/**
 * A provider's SCIM client and a broker with its own database: a company is loaded, then changed at
 * 500 changes a second while decisions are asked for, then again with the broker killed in the
 * middle; in the end everything that was acknowledged has to be there.
 */
final class ScimBenchmark implements Benchmark {
  private static final DirectoryTrial.Plan FULL =
      new DirectoryTrial.Plan(100_000, 10_000, 2_000, 500, 30);
  private static final DirectoryTrial.Plan QUICK = new DirectoryTrial.Plan(2_000, 200, 100, 500, 8);

  private final String subject;

  ScimBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "scim";
  }

  @Override
  public String about() {
    return "changes by SCIM per second, until decisions know them, and over a kill of the broker";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    DirectoryTrial.Result result = new DirectoryTrial(run, run.quick() ? QUICK : FULL).measure();
    return List.of(
        figure("load-rate", result.loadRate(), "1/s"),
        figure("limit", result.limitRate(), "1/s"),
        figure("rate-at-500", result.rate(), "1/s"),
        figure("p99-at-500", result.p99Millis(), "ms"),
        figure("visible-p99", result.visibleP99Millis(), "ms"),
        figure("visible-max", result.visibleMaxMillis(), "ms"),
        figure("behind-after-kill", result.backSeconds(), "s"),
        figure("lost-over-kill", (double) result.lost(), "changes"));
  }

  private Figure figure(String property, double value, String unit) {
    return Figure.alone("scim." + subject + "." + property, value, unit);
  }
}
