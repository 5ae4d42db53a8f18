package org.postern.acceptance.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.postern.acceptance.bench.subject.CutWorkload;
import org.postern.policystore.Transport;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/**
 * How long policy thinks, at two sizes, with rules that ask for everything that can be asked, 1,000
 * groups, a user in 50. Both models answer every question, and their answers must agree before
 * either is timed. Every decision is timed by itself, with what the clock costs.
 */
final class DecisionBenchmark implements Benchmark {
  private static final long SEED = 42;
  private static final int DECISIONS = 1_000_000;
  private static final int NAIVE_DECISIONS = 8_192;
  private static final int BUILDS = 5;
  private static final int LIVE_FLOWS = 10_000;

  private final String subject;

  DecisionBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "decision";
  }

  @Override
  public String about() {
    return "nanoseconds and bytes per decision, seconds to build a snapshot and to cut live flows";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    List<Figure> figures = new ArrayList<>();
    figures.addAll(measure(run, subject, PolicyWorkload.USUAL));
    figures.addAll(measure(run, subject + "-largest", PolicyWorkload.LARGEST));
    return figures;
  }

  private static List<Figure> measure(BenchRun run, String label, PolicyWorkload.Size size)
      throws Exception {
    run.say("%s: %,d applications, %,d rules".formatted(label, size.applications(), size.rules()));
    PolicyWorkload work = PolicyWorkload.create(SEED, size);
    NaivePolicy naive = new NaivePolicy(work.configuration());
    Set<String> groups = new HashSet<>();
    work.identities().users().values().forEach(user -> groups.addAll(user.providerGroups()));

    double[] builds = new double[BUILDS];
    Snapshot snapshot = Snapshot.build(1, work.configuration(), work.identities());
    for (int i = 0; i < builds.length; i++) {
      long start = System.nanoTime();
      snapshot = Snapshot.build(i + 2, work.configuration(), work.identities());
      builds[i] = (System.nanoTime() - start) / 1e9;
    }
    SubjectView view =
        snapshot.subject(PolicyWorkload.USER, PolicyWorkload.DEVICE, PolicyWorkload.FACTS);
    long now = PolicyWorkload.EXPIRY.minusSeconds(1).toEpochMilli();
    Snapshot built = snapshot;
    Predicate<String> slow = host -> naive.allows(groups, host);
    Predicate<String> fast =
        host ->
            built.decide(view, host, PolicyWorkload.PORT, Transport.TCP, now)
                instanceof Decision.Allow;
    run.say(agreement(work.hosts(), slow, fast));

    Comparison p50 = new Comparison("decision", "p50", "ns", label);
    Comparison p99 = new Comparison("decision", "p99", "ns", label);
    Comparison bytes = new Comparison("decision", "allocated", "B", label);
    Timing slowTiming = time(work.hosts(), slow, NAIVE_DECISIONS);
    Timing fastTiming = time(work.hosts(), fast, DECISIONS);
    p50.add("naive", slowTiming.p50Nanos());
    p50.add(label, fastTiming.p50Nanos());
    p99.add("naive", slowTiming.p99Nanos());
    p99.add(label, fastTiming.p99Nanos());
    bytes.add("naive", slowTiming.bytes());
    bytes.add(label, fastTiming.bytes());
    List<Figure> figures = new ArrayList<>(p50.figures());
    figures.addAll(p99.figures());
    figures.addAll(bytes.figures());
    figures.add(
        Figure.alone("decision." + label + ".snapshot-build", RelayBenchmark.median(builds), "s"));
    String host = work.hosts().stream().filter(fast).findFirst().orElseThrow(AssertionError::new);
    figures.add(cut(label, work.asABrokerSeesIt(), host));
    return figures;
  }

  /** The rules that allow the flows go; everybody has heard of it when the last one is cut. */
  private static Figure cut(String label, PolicyWorkload work, String host) throws Exception {
    Snapshot allowing = Snapshot.build(1, work.configuration(), work.identities());
    CutWorkload.Parties parties =
        new CutWorkload.Parties(
            PolicyWorkload.USER,
            PolicyWorkload.DEVICE,
            PolicyWorkload.CONNECTORS,
            PolicyWorkload.CONNECTOR,
            host);
    try (CutWorkload live = new CutWorkload(allowing, parties, LIVE_FLOWS)) {
      double seconds =
          live.secondsToCut(
              version -> Snapshot.build(version, work.without(host), work.identities()),
              LIVE_FLOWS);
      return Figure.alone("decision." + label + ".cut-of-" + LIVE_FLOWS + "-flows", seconds, "s");
    }
  }

  private static String agreement(
      List<String> hosts, Predicate<String> slow, Predicate<String> fast) {
    int allowed = 0;
    for (String host : hosts) {
      boolean answer = fast.test(host);
      if (answer != slow.test(host)) {
        throw new IllegalStateException("the models disagree about " + host);
      }
      allowed += answer ? 1 : 0;
    }
    return "%d of %d questions allowed, by both models".formatted(allowed, hosts.size());
  }

  private record Timing(double p50Nanos, double p99Nanos, double bytes) {}

  private static Timing time(List<String> hosts, Predicate<String> policy, int decisions) {
    String[] questions = hosts.toArray(String[]::new);
    double[] nanos = new double[decisions];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int allowed = 0;
    long bytes = 0;
    // The first pass warms up.
    for (int pass = 0; pass < 2; pass++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < decisions; i++) {
        String question = questions[i % questions.length];
        long start = System.nanoTime();
        allowed += policy.test(question) ? 1 : 0;
        nanos[i] = System.nanoTime() - start;
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    }
    if (allowed < 0) {
      throw new AssertionError("nobody counts this far");
    }
    Arrays.sort(nanos);
    return new Timing(
        nanos[decisions / 2], nanos[(int) (decisions * 0.99)], bytes / (double) decisions);
  }
}
