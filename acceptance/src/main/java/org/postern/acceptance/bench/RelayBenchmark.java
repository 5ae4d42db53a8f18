package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postern.acceptance.bench.load.Flood;
import org.postern.acceptance.bench.load.LoadEnds;

/**
 * What the relay in the middle costs per byte: one bulk connection, its ends in this process, the
 * CPU time of the relay's process as the kernel counted it. Rounds of all contenders alternate, and
 * the median counts, because the machine is shared.
 */
final class RelayBenchmark implements Benchmark {
  private static final long BYTES = 4_000_000_000L;
  private static final long WARM_UP_BYTES = 6_000_000_000L;
  private static final int ROUNDS = 5;
  private static final long LIMIT_SECONDS = 120;

  private final List<Contender> contenders;
  private final String subject;

  /** The subject is the contender whose figures get ratios to all others. */
  RelayBenchmark(List<Contender> contenders, String subject) {
    this.contenders = contenders;
    this.subject = subject;
  }

  @Override
  public String name() {
    return "relay";
  }

  @Override
  public String about() {
    return "CPU seconds of the relay in the middle per GB, and MB/s end to end";
  }

  private record Round(double cpuPerGigabyte, double megabytesPerSecond) {}

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    LoadEnds ends = run.own(LoadEnds.create(run.folder("ends")));
    Flood flood = run.own(new Flood(ends));
    Contender.Target target =
        new Contender.Target(
            flood.plain(), flood.tls(), flood::sink, ends.certificate(), ends.key());
    Map<String, Contender.Way> ways = new LinkedHashMap<>();
    Map<String, List<Round>> rounds = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      Contender.Way way = contender.open(run, target);
      flood.push(ends.dialer(way.dial()), WARM_UP_BYTES, LIMIT_SECONDS);
      ways.put(contender.label(), way);
      rounds.put(contender.label(), new ArrayList<>());
    }
    int count = run.quick() ? 1 : ROUNDS;
    for (int round = 1; round <= count; round++) {
      for (Map.Entry<String, Contender.Way> each : ways.entrySet()) {
        Round result = round(flood, ends, each.getValue());
        rounds.getOrDefault(each.getKey(), List.of()).add(result);
        run.say(
            "round %d %-16s %.3f s/GB %.0f MB/s"
                .formatted(
                    round, each.getKey(), result.cpuPerGigabyte(), result.megabytesPerSecond()));
      }
    }
    Comparison cpu = new Comparison("relay", "cpu", "s/GB", subject);
    Comparison speed = new Comparison("relay", "speed", "MB/s", subject);
    rounds.forEach((label, results) -> {
      cpu.add(label, median(results.stream().mapToDouble(Round::cpuPerGigabyte).toArray()));
      speed.add(label, median(results.stream().mapToDouble(Round::megabytesPerSecond).toArray()));
    });
    List<Figure> figures = new ArrayList<>(cpu.figures());
    figures.addAll(speed.figures());
    return figures;
  }

  private static Round round(Flood flood, LoadEnds ends, Contender.Way way) throws Exception {
    double before = ProcessMeter.cpuSeconds(way.relay().get());
    double seconds = flood.push(ends.dialer(way.dial()), BYTES, LIMIT_SECONDS);
    double cpu = ProcessMeter.cpuSeconds(way.relay().get()) - before;
    return new Round(cpu / (BYTES / 1e9), BYTES / 1e6 / seconds);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
