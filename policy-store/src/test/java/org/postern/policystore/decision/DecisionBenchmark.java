package org.postern.policystore.decision;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Transport;

/// Measures decisions over a [SyntheticPolicy]: time in batches of ten (one alone is near the
/// clock's own cost), allocation, building time, and the ratio to the plain model.
final class DecisionBenchmark {
  private static final int BATCH = 10;
  private static final int ROUNDS = 200_000;
  private static final int WARM_UP = 200_000;

  private DecisionBenchmark() {}

  public static void main(String[] args) {
    long seed = args.length > 0 ? Long.parseLong(args[0]) : 20260301;
    SyntheticPolicy.Size size = SyntheticPolicy.Size.LARGE;
    PolicyConfiguration configuration = SyntheticPolicy.configuration(size, seed);
    IdentityState identities = SyntheticPolicy.identities(size, seed);
    Snapshot.build(0, configuration, identities);
    long start = System.nanoTime();
    Snapshot snapshot = Snapshot.build(1, configuration, identities);
    line("build", (System.nanoTime() - start) / 1e6, "ms");
    start = System.nanoTime();
    SubjectView[] views = new SubjectView[size.users()];
    for (int i = 0; i < views.length; i++) {
      views[i] = snapshot.subject("u" + i, "d" + i);
    }
    line("subject", (System.nanoTime() - start) / 1e3 / views.length, "us");

    SplittableRandom random = new SplittableRandom(seed);
    String[] hosts = new String[4_096];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] =
          switch (random.nextInt(8)) {
            case 0 -> "x.zone" + 10 * random.nextInt(size.applications() / 10) + ".corp.internal";
            case 1 -> "nothing" + i + ".corp.internal";
            case 2 -> "10.0." + random.nextInt(256) + ".7";
            default -> SyntheticPolicy.host(random.nextInt(size.applications()));
          };
    }
    long found = ask(snapshot, views, hosts, WARM_UP, new long[0]);
    long[] nanos = new long[ROUNDS];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = threads.getCurrentThreadAllocatedBytes();
    found += ask(snapshot, views, hosts, ROUNDS, nanos);
    allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
    Arrays.sort(nanos);
    double p50 = (double) nanos[ROUNDS / 2] / BATCH;
    line("decide-p50", p50, "ns");
    line("decide-p99", (double) nanos[ROUNDS * 99 / 100] / BATCH, "ns");
    line("decide-allocated", (double) allocated / ROUNDS / BATCH, "bytes");
    line("allowed", 100.0 * found / BATCH / (ROUNDS + WARM_UP), "percent");

    NaiveModel model = new NaiveModel(configuration, identities);
    int questions = 200;
    start = System.nanoTime();
    for (int i = 0; i < questions; i++) {
      model.decide(
          new NaiveModel.Question(
              "u" + i % views.length,
              "d" + i % views.length,
              hosts[i % hosts.length],
              443,
              Transport.TCP,
              5));
    }
    double naive = (double) (System.nanoTime() - start) / questions;
    line("naive", naive / 1e3, "us");
    line("ratio-to-naive", p50 / naive, "");
  }

  private static long ask(
      Snapshot snapshot, SubjectView[] views, String[] hosts, int rounds, long[] nanos) {
    long allowed = 0;
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      for (int j = 0; j < BATCH; j++) {
        int at = i * BATCH + j;
        Decision decision =
            snapshot.decide(
                views[at % views.length], hosts[at & hosts.length - 1], 443, Transport.TCP, 5);
        allowed += decision instanceof Decision.Allow ? 1 : 0;
      }
      if (nanos.length > 0) {
        nanos[i] = System.nanoTime() - start;
      }
    }
    return allowed;
  }

  private static void line(String name, double value, String unit) {
    System.out.println(String.format(Locale.ROOT, "%-18s %12.4f %s", name, value, unit));
  }
}
