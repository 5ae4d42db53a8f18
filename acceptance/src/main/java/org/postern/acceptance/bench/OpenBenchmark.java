package org.postern.acceptance.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postern.acceptance.bench.load.LoadEnds;
import org.postern.acceptance.bench.load.OpenLoad;
import org.postern.acceptance.bench.load.OpenLoad.Opens;
import org.postern.acceptance.bench.subject.FarAway;

/**
 * What opening costs: the time from dial to first byte with one open at a time, and the rate with
 * many, with the CPU time of the relay per open. Load generator and echo server are in this process
 * and use the same cores.
 */
final class OpenBenchmark implements Benchmark {
  /** Long enough that a virtual machine has compiled what it is going to. */
  private static final Duration WARM_UP = Duration.ofSeconds(15);

  private static final Duration CABLE = Duration.ofMillis(20);
  private static final Duration ALONE = Duration.ofSeconds(4);
  private static final Duration TOGETHER = Duration.ofSeconds(8);
  private static final int AT_ONCE = 64;

  private final List<Contender> contenders;
  private final String subject;

  OpenBenchmark(List<Contender> contenders, String subject) {
    this.contenders = contenders;
    this.subject = subject;
  }

  @Override
  public String name() {
    return "open";
  }

  @Override
  public String about() {
    return "time to first byte of a new connection, opens per second, relay CPU per open";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    LoadEnds ends = run.own(LoadEnds.create(run.folder("ends")));
    OpenLoad load = run.own(new OpenLoad(ends));
    Contender.Target target =
        new Contender.Target(
            load.echo(), load.echo(), OpenLoad::server, ends.certificate(), ends.key());
    List<Comparison> comparisons =
        List.of(
            new Comparison("open", "p50", "ms", subject),
            new Comparison("open", "p99", "ms", subject),
            new Comparison("open", "rate", "opens/s", subject),
            new Comparison("open", "relay-cpu", "us/open", subject),
            new Comparison("open", "failures", "opens", subject));
    for (Contender contender : contenders) {
      Contender.Way way = contender.open(run, target);
      Dial.Maker dialer = ends.dialer(way.dial());
      load.run(dialer, AT_ONCE, run.quick() ? ALONE : WARM_UP);
      Opens alone = load.run(dialer, 1, ALONE);
      double before = ProcessMeter.cpuSeconds(way.relay().get());
      Opens together = load.run(dialer, AT_ONCE, TOGETHER);
      double cpu = ProcessMeter.cpuSeconds(way.relay().get()) - before;
      String label = contender.label();
      run.say(
          "%-14s p50 %.2f ms, p99 %.2f ms, %.0f opens/s"
              .formatted(label, alone.p50Millis(), alone.p99Millis(), together.perSecond()));
      comparisons.get(0).add(label, alone.p50Millis());
      comparisons.get(1).add(label, alone.p99Millis());
      comparisons.get(2).add(label, together.perSecond());
      if (!way.relay().get().isEmpty()) {
        comparisons.get(3).add(label, cpu * 1e6 / together.count());
      }
      comparisons.get(4).add(label, alone.failures() + together.failures());
    }
    List<Figure> figures = new ArrayList<>();
    comparisons.forEach(comparison -> figures.addAll(comparison.figures()));
    figures.addAll(farAway(run, ends, load, target));
    return figures;
  }

  /** With 40 ms of round trip between device and broker. */
  private List<Figure> farAway(BenchRun run, LoadEnds ends, OpenLoad load, Contender.Target target)
      throws Exception {
    Dial.Maker dialer = ends.dialer(FarAway.wholeChain(run, target, CABLE));
    load.run(dialer, AT_ONCE, run.quick() ? ALONE : WARM_UP);
    Opens alone = load.run(dialer, 1, ALONE);
    FarAway.FirstFlows first = FarAway.firstFlowMillis(run, CABLE);
    String name = "open." + subject;
    return List.of(
        Figure.alone(name + ".p50-at-40ms", alone.p50Millis(), "ms"),
        Figure.alone(name + ".first-flow-at-40ms", first.warm(), "ms"),
        Figure.alone(name + ".cold-first-flow-at-40ms", first.cold(), "ms"));
  }
}
