package org.postern.acceptance.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.postern.acceptance.bench.load.AskMain;
import org.postern.acceptance.bench.load.Iperf;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * One bulk TCP connection of an unmodified program from the user's room to a server in another. All
 * passages are up at the same time and take turns; the best of the rounds counts for each, because
 * the machine is shared.
 */
final class ThroughputBenchmark implements Benchmark {
  private static final int ROUNDS = 3;
  private static final int SECONDS = 4;
  private static final int MANY = 64;

  /** Java compiles what has run for a while; programs of a device or a VPC run for days. */
  private static final int WARM_UP_SECONDS = 20;

  private final List<Passage> passages;
  private final String subject;

  ThroughputBenchmark(List<Passage> passages, String subject) {
    this.passages = passages;
    this.subject = subject;
  }

  @Override
  public String name() {
    return "throughput";
  }

  @Override
  public String about() {
    return "Mbit/s of one and of many bulk connections between namespaces, small answers beside"
        + " them";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    NetworkNamespaces networks = run.own(NetworkNamespaces.create());
    Map<String, Passage.Entrance> entrances = new LinkedHashMap<>();
    Set<Room> serving = EnumSet.noneOf(Room.class);
    for (Passage passage : passages) {
      Passage.Entrance entrance = passage.open(run, networks);
      if (serving.add(entrance.serverRoom())) {
        AskMain.serve(networks, entrance.serverRoom(), Passage.ASK_PORT);
      }
      entrances.put(passage.label(), entrance);
    }
    Iperf.megabits(networks, Objects.requireNonNull(entrances.get(subject)), 1, WARM_UP_SECONDS);
    Comparison one = oneFlow(run, networks, entrances);
    List<Figure> figures = new ArrayList<>(one.figures());
    figures.addAll(manyAndMice(run, networks, entrances, one));
    for (Passage passage : passages) {
      if (!passage.ends().isEmpty()) {
        Passage.Entrance entrance = Objects.requireNonNull(entrances.get(passage.label()));
        figures.addAll(cpu(run, networks, passage, entrance));
        figures.addAll(slowReaders(run, networks, passage, entrance));
      }
    }
    return figures;
  }

  private Comparison oneFlow(
      BenchRun run, NetworkNamespaces networks, Map<String, Passage.Entrance> entrances)
      throws Exception {
    Map<String, Double> best = new LinkedHashMap<>();
    for (int round = 1; round <= ROUNDS; round++) {
      for (Map.Entry<String, Passage.Entrance> each : entrances.entrySet()) {
        double megabits = megabits(run, networks, each, 1);
        run.say("round %d %-14s %.0f Mbit/s".formatted(round, each.getKey(), megabits));
        best.merge(each.getKey(), megabits, Math::max);
      }
    }
    Comparison speed = new Comparison("throughput", "one-flow", "Mbit/s", subject);
    best.forEach(speed::add);
    return speed;
  }

  /** A peer that stalls is told, and has no figure; the subject has to answer. */
  private double megabits(
      BenchRun run,
      NetworkNamespaces networks,
      Map.Entry<String, Passage.Entrance> passage,
      int flows)
      throws Exception {
    try {
      return Iperf.megabits(networks, passage.getValue(), flows, SECONDS);
    } catch (IOException e) {
      if (passage.getKey().equals(subject)) {
        throw e;
      }
      run.say("%s carried no %d flows: %s".formatted(passage.getKey(), flows, e.getMessage()));
      return 0;
    }
  }

  /**
   * Many flows at once, in turns with one flow, and a request-response flow without and with a bulk
   * flow beside it.
   */
  private List<Figure> manyAndMice(
      BenchRun run,
      NetworkNamespaces networks,
      Map<String, Passage.Entrance> entrances,
      Comparison one)
      throws Exception {
    Comparison many = new Comparison("throughput", MANY + "-flows", "Mbit/s", subject);
    Comparison idle = new Comparison("throughput", "answer-p99-idle", "us", subject);
    Comparison beside = new Comparison("throughput", "answer-p99-beside-bulk", "us", subject);
    for (Map.Entry<String, Passage.Entrance> each : entrances.entrySet()) {
      Passage.Entrance entrance = each.getValue();
      String label = each.getKey();
      double sum = 0;
      for (int round = 0; round < (label.equals(subject) ? ROUNDS : 1); round++) {
        sum = Math.max(sum, megabits(run, networks, each, MANY));
      }
      double quiet = ask(networks, entrance).p99Micros();
      double loud;
      try (Iperf.Bulk bulk = Iperf.bulk(networks, entrance)) {
        loud = ask(networks, entrance).p99Micros();
        bulk.assertRunning();
      }
      many.add(label, sum);
      idle.add(label, quiet);
      beside.add(label, loud);
      run.say(
          "%-14s %d flows %.0f Mbit/s, p99 of answers %.0f us, beside a bulk flow %.0f us"
              .formatted(label, MANY, sum, quiet, loud));
    }
    List<Figure> figures = new ArrayList<>(many.figures());
    figures.addAll(idle.figures());
    figures.addAll(beside.figures());
    figures.addAll(many.beside("one-flow", one));
    figures.addAll(beside.beside("idle", idle));
    return figures;
  }

  /** CPU per GB at both ends and in the middle, which tells more than Mbit/s on a busy machine. */
  private static List<Figure> cpu(
      BenchRun run, NetworkNamespaces networks, Passage passage, Passage.Entrance entrance)
      throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (int flows : List.of(1, MANY)) {
      double ends = ProcessMeter.cpuSeconds(passage.ends());
      double middle = ProcessMeter.cpuSeconds(passage.middle());
      double megabits = Iperf.megabits(networks, entrance, flows, SECONDS);
      // One second of warm-up moves bytes too.
      double gigabytes = megabits * (SECONDS + 1) / 8e3;
      ends = (ProcessMeter.cpuSeconds(passage.ends()) - ends) / gigabytes;
      middle = (ProcessMeter.cpuSeconds(passage.middle()) - middle) / gigabytes;
      run.say(
          "%-14s %d flows: %.2f s of CPU per GB at the ends, %.2f between"
              .formatted(passage.label(), flows, ends, middle));
      String name = "throughput." + passage.label() + "." + flows + "-flows-cpu-";
      figures.add(Figure.alone(name + "ends", ends, "s/GB"));
      figures.add(Figure.alone(name + "middle", middle, "s/GB"));
    }
    return figures;
  }

  /** What connections that never read cost both ends in memory, and others in time. */
  private static List<Figure> slowReaders(
      BenchRun run, NetworkNamespaces networks, Passage passage, Passage.Entrance entrance)
      throws Exception {
    double quiet = ask(networks, entrance).p99Micros();
    long before = ProcessMeter.residentBytes(passage.ends());
    try (RunningProgram stalled =
        AskMain.stall(networks, entrance.host(), entrance.askPort(), MANY)) {
      double beside = ask(networks, entrance).p99Micros();
      double mebibytes = (ProcessMeter.residentBytes(passage.ends()) - before) / 1048576.0;
      if (!stalled.isAlive()) {
        throw new IOException("the slow readers ended:\n" + stalled.output());
      }
      run.say(
          "%-14s %d readers that do not read: %.1f MiB more at the ends, p99 of answers %.0f us"
              .formatted(passage.label(), MANY, mebibytes, beside));
      String name = "throughput." + passage.label();
      return List.of(
          Figure.alone(name + ".slow-readers-memory", mebibytes, "MiB"),
          Figure.alone(name + ".answer-p99-beside-slow-readers", beside, "us")
              .against("idle", quiet));
    }
  }

  private static AskMain.Answers ask(NetworkNamespaces networks, Passage.Entrance entrance)
      throws Exception {
    return AskMain.ask(networks, entrance.host(), entrance.askPort(), SECONDS);
  }
}
