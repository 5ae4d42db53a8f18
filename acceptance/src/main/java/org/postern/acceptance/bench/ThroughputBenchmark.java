package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.acceptance.bench.load.AskMain;
import org.postern.acceptance.bench.load.Iperf;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;

/**
 * One bulk TCP connection of an unmodified program from the user's room to a server in another. All
 * passages are up at the same time and take turns; the best of the rounds counts for each, because
 * the machine is shared.
 */
final class ThroughputBenchmark implements Benchmark {
  private static final int ROUNDS = 3;
  private static final int SECONDS = 4;
  private static final int MANY = 64;

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
        Iperf.serve(networks, entrance.serverRoom());
        AskMain.serve(networks, entrance.serverRoom(), Passage.ASK_PORT);
      }
      entrances.put(passage.label(), entrance);
    }
    Comparison one = oneFlow(run, networks, entrances);
    List<Figure> figures = new ArrayList<>(one.figures());
    figures.addAll(manyAndMice(run, networks, entrances, one));
    return figures;
  }

  private Comparison oneFlow(
      BenchRun run, NetworkNamespaces networks, Map<String, Passage.Entrance> entrances)
      throws Exception {
    Map<String, Double> best = new LinkedHashMap<>();
    for (int round = 1; round <= ROUNDS; round++) {
      for (Map.Entry<String, Passage.Entrance> each : entrances.entrySet()) {
        double megabits = Iperf.megabits(networks, each.getValue(), 1, SECONDS);
        run.say("round %d %-14s %.0f Mbit/s".formatted(round, each.getKey(), megabits));
        best.merge(each.getKey(), megabits, Math::max);
      }
    }
    Comparison speed = new Comparison("throughput", "one-flow", "Mbit/s", subject);
    best.forEach(speed::add);
    return speed;
  }

  /** Many flows at once, and a request-response flow without and with a bulk flow beside it. */
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
      double sum = Iperf.megabits(networks, entrance, MANY, SECONDS);
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

  private static AskMain.Answers ask(NetworkNamespaces networks, Passage.Entrance entrance)
      throws Exception {
    return AskMain.ask(networks, entrance.host(), entrance.askPort(), SECONDS);
  }
}
