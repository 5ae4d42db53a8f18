package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.postern.policystore.ClientType;
import org.postern.policystore.Platform;
import org.postern.policystore.analysis.CarveOut;
import org.postern.policystore.analysis.Effects;
import org.postern.policystore.analysis.Finding;
import org.postern.policystore.analysis.Lint;
import org.postern.policystore.analysis.Population;
import org.postern.policystore.analysis.Reach;
import org.postern.policystore.decision.Access;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/**
 * How long it takes to look over a whole policy, from the configuration to the answer: each
 * question is asked anew, with everything that it has to be made ready for.
 */
final class AnalysisBenchmark implements Benchmark {
  private static final long SEED = 43;
  private static final int ROUNDS = 5;
  private static final long ASKS_MAX = 20_000_000;
  private static final Facts FACTS =
      new Facts(ClientType.CLIENT, Platform.LINUX, Map.of(), null, null, null, null);

  private final String subject;

  AnalysisBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "lint";
  }

  @Override
  public String about() {
    return "seconds to lint, reach and diff 5,000 rules, 20,000 applications and 10,000 people";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    AnalysisWorkload work = AnalysisWorkload.create(SEED);
    long now = AnalysisWorkload.now().toEpochMilli();
    Snapshot live = Snapshot.build(1, work.configuration(), work.identities());
    List<Figure> figures = new ArrayList<>();
    figures.add(
        figure(
            run,
            "lint",
            () -> {
              List<Finding> found = Lint.of(work.configuration(), List.of(), Map.of());
              return found.size() + " findings";
            }));
    figures.add(
        figure(
            run,
            "reach",
            () -> {
              Snapshot snapshot = live.with(2, work.configuration(), work.identities());
              SubjectView view = snapshot.subject("u-7", "d-7", FACTS);
              Population people = population(work);
              Snapshot asSignedIn = live.with(2, work.configuration(), people.before());
              SubjectView signedIn = asSignedIn.subject("u-7", "d-7", FACTS);
              return Reach.of(snapshot, view, Access.POSSIBLE, now).size()
                  + Reach.of(asSignedIn, signedIn, Access.POSSIBLE, now).size()
                  + " applications reached";
            }));
    figures.add(
        figure(
            run,
            "who-can-reach",
            () -> {
              Population people = population(work);
              Snapshot snapshot = live.with(2, work.configuration(), people.before());
              return Reach.to(
                          snapshot,
                          people,
                          work.configuration().applications().getFirst(),
                          Access.POSSIBLE,
                          now)
                      .size()
                  + " people reach it";
            }));
    figures.add(
        figure(
            run,
            "diff",
            () -> {
              Population people = population(work);
              Snapshot before = live.with(2, work.configuration(), people.before());
              Snapshot after = before.with(3, work.changed(), people.after());
              Effects effects = Effects.between(before, after, people, now, ASKS_MAX);
              if (!effects.complete()) {
                throw new IllegalStateException("the diff was cut short");
              }
              int who = effects.effects().stream().mapToInt(each -> each.who().size()).sum();
              return who
                  + " gains and losses, "
                  + CarveOut.between(before, after).size()
                  + " carve-outs";
            }));
    return figures;
  }

  private static Population population(AnalysisWorkload work) {
    return Population.of(
        work.identities(),
        work.configuration(),
        work.changed(),
        device -> FACTS,
        FACTS,
        AnalysisWorkload.now());
  }

  private Figure figure(BenchRun run, String what, Callable<String> question) throws Exception {
    double[] seconds = new double[ROUNDS];
    String answer = "";
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      answer = question.call();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    run.say(what + ": " + answer + "; the first took " + Figure.number(seconds[0]) + " s");
    return Figure.alone("lint." + subject + "." + what, RelayBenchmark.median(seconds), "s");
  }
}
