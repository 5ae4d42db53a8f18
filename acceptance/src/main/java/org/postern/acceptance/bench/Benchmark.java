package org.postern.acceptance.bench;

import java.util.List;

/** One thing that is measured, with all its contenders in one run. */
interface Benchmark {
  /** What {@code ./bench} calls it. */
  String name();

  /** One line for {@code ./bench --help}. */
  String about();

  /** Measures; everything it starts, it starts through the run, which ends it. */
  List<Figure> measure(BenchRun run) throws Exception;
}
