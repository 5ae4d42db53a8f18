package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Resident memory per idle thing: the slope between two sizes, so that what a program weighs by
 * itself does not count; the slope to the first size is told too, so that growth that is not linear
 * shows.
 */
final class IdleBenchmark implements Benchmark {
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
    return "resident memory at rest per idle connection, link, carrier, lane and flow, at two"
        + " sizes";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (IdleHolder holder : holders) {
      try (BenchRun part = run.part()) {
        figures.addAll(measure(part, holder));
      }
    }
    return figures;
  }

  private static List<Figure> measure(BenchRun run, IdleHolder holder) throws Exception {
    IdleHolder.Sizes sizes = holder.sizes();
    IdleHolder.Held held = holder.open(run);
    String name = "idle." + holder.label();
    held.growTo(sizes.first());
    double atOnce = held.residentBytes() / 1024.0;
    double atFirst = resting(held);
    held.growTo(sizes.small());
    double atSmall = resting(held);
    held.growTo(sizes.large());
    double atLarge = resting(held);
    double toSmall = (atSmall - atFirst) / (sizes.small() - sizes.first());
    double each = (atLarge - atSmall) / (sizes.large() - sizes.small());
    run.say(
        "%-28s %.2f KiB each to %d, %.2f KiB each to %d"
            .formatted(holder.label(), toSmall, sizes.small(), each, sizes.large()));
    return List.of(
        Figure.alone(name, each, "KiB"),
        Figure.alone(name + ".each-to-" + sizes.small(), toSmall, "KiB"),
        Figure.alone(name + ".resident-at-once", atOnce / 1024, "MiB"),
        Figure.alone(name + ".resident-at-" + sizes.first(), atFirst / 1024, "MiB"),
        Figure.alone(name + ".resident-at-" + sizes.large(), atLarge / 1024, "MiB"));
  }

  private static double resting(IdleHolder.Held held) throws Exception {
    return held.restingBytes() / 1024.0;
  }
}
