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
 * How long policy thinks: 50,000 applications, 10,000 rules that ask for everything that can be
 * asked, 1,000 groups, a user in 50. Both models answer every question, and their answers must
 * agree before either is timed. Time is taken over {@value #BATCH} questions at once, since one is
 * shorter than the clock's own cost.
 */
final class DecisionBenchmark implements Benchmark {
  private static final long SEED = 42;
  private static final int BATCH = 32;
  private static final int BATCHES = 40_000;
  private static final int NAIVE_BATCHES = 256;
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
    PolicyWorkload work = PolicyWorkload.create(SEED);
    NaivePolicy naive = new NaivePolicy(work.configuration());
    Set<String> groups = new HashSet<>();
    work.identities().users().values().forEach(user -> groups.addAll(user.providerGroups()));

    double[] builds = new double[5];
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

    Comparison p50 = new Comparison("decision", "p50", "ns", subject);
    Comparison p99 = new Comparison("decision", "p99", "ns", subject);
    Comparison bytes = new Comparison("decision", "allocated", "B", subject);
    Timing slowTiming = time(work.hosts(), slow, NAIVE_BATCHES);
    Timing fastTiming = time(work.hosts(), fast, BATCHES);
    p50.add("naive", slowTiming.p50Nanos());
    p50.add(subject, fastTiming.p50Nanos());
    p99.add("naive", slowTiming.p99Nanos());
    p99.add(subject, fastTiming.p99Nanos());
    bytes.add("naive", slowTiming.bytes());
    bytes.add(subject, fastTiming.bytes());
    List<Figure> figures = new ArrayList<>(p50.figures());
    figures.addAll(p99.figures());
    figures.addAll(bytes.figures());
    figures.add(
        Figure.alone(
            "decision." + subject + ".snapshot-build", RelayBenchmark.median(builds), "s"));
    String host = work.hosts().stream().filter(fast).findFirst().orElseThrow(AssertionError::new);
    figures.add(cut(work.asABrokerSeesIt(), host));
    return figures;
  }

  /** The rules that allow the flows go; everybody has heard of it when the last one is cut. */
  private Figure cut(PolicyWorkload work, String host) throws Exception {
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
      return Figure.alone("decision." + subject + ".cut-of-" + LIVE_FLOWS + "-flows", seconds, "s");
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

  private static Timing time(List<String> hosts, Predicate<String> policy, int batches) {
    String[] questions = hosts.toArray(String[]::new);
    double[] nanos = new double[batches];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int allowed = 0;
    long bytes = 0;
    // The first pass warms up.
    for (int pass = 0; pass < 2; pass++) {
      int next = 0;
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int batch = 0; batch < batches; batch++) {
        long start = System.nanoTime();
        for (int i = 0; i < BATCH; i++) {
          allowed += policy.test(questions[next]) ? 1 : 0;
          next = next + 1 == questions.length ? 0 : next + 1;
        }
        nanos[batch] = (System.nanoTime() - start) / (double) BATCH;
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    }
    if (allowed < 0) {
      throw new AssertionError("nobody counts this far");
    }
    Arrays.sort(nanos);
    double perDecision = bytes / ((double) batches * BATCH);
    return new Timing(nanos[batches / 2], nanos[(int) (batches * 0.99)], perDecision);
  }
}
