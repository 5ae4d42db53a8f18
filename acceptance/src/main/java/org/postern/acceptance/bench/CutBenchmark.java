package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.List;
import org.postern.acceptance.bench.cutting.CutTrial;

/**
 * A whole broker with its database, a connector and a device, in this process: from a request at
 * one of the broker's doors to the end of the last of a thousand live flows, for every cause.
 */
final class CutBenchmark implements Benchmark {
  private static final int FLOWS = 1_000;
  private static final int FLOWS_QUICK = 200;

  private final String subject;

  CutBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "cut";
  }

  @Override
  public String about() {
    return "from SCIM, a signal, an administrator, posture or age to the last byte of 1,000 flows";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    List<Figure> figures = new ArrayList<>();
    try (CutTrial trial =
        new CutTrial(
            run.folder("cut"), run.folder("programs"), run.quick() ? FLOWS_QUICK : FLOWS)) {
      // The first cut of a process compiles the code that all of them share; it is told apart.
      figures.add(figure("first-of-process", trial.cut(CutTrial.Cause.REVOKED)));
      for (CutTrial.Cause cause : CutTrial.Cause.values()) {
        CutTrial.Result result = trial.cut(cause);
        run.say(
            "%s: p50 %.0f ms, p99 %.0f ms, last %.0f ms; status says %s"
                .formatted(
                    cause.label(),
                    result.millisAt(0.5),
                    result.millisAt(0.99),
                    result.millisAt(1),
                    result.reasons()));
        figures.add(figure(cause.label(), result));
      }
    }
    return figures;
  }

  private Figure figure(String label, CutTrial.Result result) {
    return Figure.alone("cut.%s.%s.p99".formatted(subject, label), result.millisAt(0.99), "ms");
  }
}
