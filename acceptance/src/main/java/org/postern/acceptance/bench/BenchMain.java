package org.postern.acceptance.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.acceptance.bench.load.IdleConnections;
import org.postern.acceptance.bench.peer.Direct;
import org.postern.acceptance.bench.peer.HaproxyRelay;
import org.postern.acceptance.bench.peer.Nebula;
import org.postern.acceptance.bench.peer.Openvpn;
import org.postern.acceptance.bench.peer.SshForward;
import org.postern.acceptance.bench.peer.StunnelChain;
import org.postern.acceptance.bench.peer.Veth;
import org.postern.acceptance.bench.peer.WireguardGo;
import org.postern.acceptance.bench.subject.IdleOnBroker;
import org.postern.acceptance.bench.subject.LaneContender;
import org.postern.acceptance.bench.subject.PosternContender;
import org.postern.acceptance.bench.subject.PosternPassage;

/**
 * {@code ./bench NAME [--json FILE] [--quick]}. Ends with 0, 1 when something failed, 2 when it was
 * called wrongly.
 */
public final class BenchMain {
  private static final String SUBJECT = PosternContender.LABEL;

  private static final IdleHolder.Sizes CONNECTIONS = new IdleHolder.Sizes(100, 1_000, 1_900);
  private static final IdleHolder.Sizes FLOWS = new IdleHolder.Sizes(0, 500, 1_000);

  private BenchMain() {}

  private static List<Benchmark> benchmarks() {
    return List.of(
        new RelayBenchmark(
            List.of(
                HaproxyRelay.SPLICE,
                HaproxyRelay.SPLICE_TUNED,
                HaproxyRelay.TLS,
                new LaneContender()),
            SUBJECT),
        new ThroughputBenchmark(
            List.of(
                new Veth(),
                new WireguardGo(),
                new Nebula(),
                new Openvpn(),
                new SshForward(),
                new PosternPassage()),
            SUBJECT),
        new OpenBenchmark(
            List.of(new Direct(), new StunnelChain(), PosternContender.BROKER), SUBJECT),
        new DecisionBenchmark(SUBJECT),
        new CutBenchmark(SUBJECT),
        new SignInBenchmark(SUBJECT),
        new ScimBenchmark(SUBJECT),
        new ReloadBenchmark(SUBJECT),
        new AnalysisBenchmark(SUBJECT),
        new IdleBenchmark(
            List.of(
                new IdleConnections(HaproxyRelay.TLS, "connection", CONNECTIONS),
                new IdleConnections(HaproxyRelay.SPLICE, "connection", CONNECTIONS),
                IdleOnBroker.LINKS,
                IdleOnBroker.CARRIERS,
                IdleOnBroker.LANES,
                IdleOnBroker.FLOWS,
                new IdleConnections(PosternContender.CLIENT, "flow", FLOWS),
                new IdleConnections(PosternContender.CONNECTOR, "flow", FLOWS))));
  }

  /** What can be measured. */
  public static List<String> names() {
    return benchmarks().stream().map(Benchmark::name).toList();
  }

  /** Names one benchmark, or {@code all}. */
  public static void main(String[] arguments) {
    int code;
    try {
      code = run(arguments);
    } catch (IOException e) {
      System.err.println("bench: the report could not be written: " + e);
      code = 1;
    }
    // Threads of what was measured may live on, and would keep the process.
    System.exit(code);
  }

  private static int run(String[] arguments) throws IOException {
    @Nullable String name = null;
    @Nullable Path json = null;
    boolean quick = false;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].equals("--json") && i + 1 < arguments.length) {
        json = Path.of(arguments[++i]);
      } else if (arguments[i].equals("--quick")) {
        quick = true;
      } else if (name == null && !arguments[i].startsWith("-")) {
        name = arguments[i];
      } else {
        usage();
      }
    }
    if (name == null) {
      usage();
      return 2;
    }
    List<Figure> figures = new ArrayList<>();
    String failure = null;
    try {
      measure(chosen(name), quick, figures);
    } catch (Exception e) {
      failure = inWords(e);
    }
    // What was measured before something failed is worth its minutes.
    Report report = new Report(figures);
    report.print(System.out);
    if (json != null) {
      report.write(json);
    }
    if (failure == null) {
      return 0;
    }
    System.err.println("bench: not measured to the end: " + failure);
    return 1;
  }

  private static String inWords(Throwable failure) {
    StringBuilder words = new StringBuilder(failure.toString());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      words.append("\n  because of ").append(cause);
    }
    return words.toString();
  }

  private static void measure(List<Benchmark> benchmarks, boolean quick, List<Figure> figures)
      throws Exception {
    for (Benchmark benchmark : benchmarks) {
      System.out.println(benchmark.name() + ": " + benchmark.about());
      try (BenchRun run = new BenchRun(quick)) {
        figures.addAll(benchmark.measure(run));
      }
    }
  }

  private static List<Benchmark> chosen(String name) {
    if (name.equals("all")) {
      return benchmarks();
    }
    Optional<Benchmark> one =
        benchmarks().stream().filter(benchmark -> benchmark.name().equals(name)).findFirst();
    if (one.isEmpty()) {
      System.err.println("bench: there is no benchmark '" + name + "'");
      usage();
    }
    return one.stream().toList();
  }

  private static void usage() {
    System.err.println("usage: ./bench NAME [--json FILE] [--quick], where NAME is all or one of:");
    for (Benchmark benchmark : benchmarks()) {
      System.err.printf("  %-12s %s%n", benchmark.name(), benchmark.about());
    }
    System.exit(2);
  }
}
