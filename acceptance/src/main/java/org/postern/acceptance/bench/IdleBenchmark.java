package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Resident memory per idle thing: the slope between two sizes, so that what a program weighs by
 * itself does not count; the slope to the first size is told too, so that growth that is not linear
 * shows.
 */
final class IdleBenchmark implements Benchmark {
  private static final int WARM_UP = 100;
  private static final int SMALL = 1_000;
  private static final int LARGE = 1_900;

  private final List<IdleHolder> holders;

  IdleBenchmark(List<IdleHolder> holders) {
    this.holders = holders;
  }

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public String about() {
    return "resident memory per idle connection, at two sizes";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (IdleHolder holder : holders) {
      IdleHolder.Held held = holder.open(run);
      held.growTo(WARM_UP);
      double atFirst = kibibytes(held);
      held.growTo(SMALL);
      double atSmall = kibibytes(held);
      held.growTo(LARGE);
      double atLarge = kibibytes(held);
      String name = "idle." + holder.label();
      figures.add(Figure.alone(name + ".resident-at-" + WARM_UP, atFirst / 1024, "MiB"));
      figures.add(
          Figure.alone(name + ".each-to-" + SMALL, (atSmall - atFirst) / (SMALL - WARM_UP), "KiB"));
      figures.add(
          Figure.alone(name + ".each-to-" + LARGE, (atLarge - atSmall) / (LARGE - SMALL), "KiB"));
    }
    return figures;
  }

  private static double kibibytes(IdleHolder.Held held) throws Exception {
    return ProcessMeter.residentBytes(held.pids()) / 1024.0;
  }
}
