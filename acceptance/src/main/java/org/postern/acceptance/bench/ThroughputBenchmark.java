package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    return "Mbit/s of one bulk connection between namespaces, by iperf3";
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
      }
      entrances.put(passage.label(), entrance);
    }
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
    return new ArrayList<>(speed.figures());
  }
}
