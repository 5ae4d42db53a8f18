package org.postern.acceptance.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.postern.acceptance.bench.signin.SignInTrial;
import org.postern.acceptance.bench.signin.Way;

/** Full sign-ins through the broker, in turns with the same at the identity provider alone. */
final class SignInBenchmark implements Benchmark {
  private static final int ROUNDS = 3;
  private static final Duration WARM_UP = Duration.ofSeconds(5);
  private static final Duration LENGTH = Duration.ofSeconds(15);
  private static final Duration LENGTH_QUICK = Duration.ofSeconds(5);
  private static final String PEER = "keycloak";

  private final String subject;

  SignInBenchmark(String subject) {
    this.subject = subject;
  }

  @Override
  public String name() {
    return "signin";
  }

  @Override
  public String about() {
    return "full sign-ins per second by SAML and OpenID Connect, beside Keycloak's own limit";
  }

  @Override
  public List<Figure> measure(BenchRun run) throws Exception {
    SignInTrial trial = new SignInTrial(run);
    for (Way way : Way.values()) {
      trial.perSecond(way, WARM_UP);
    }
    Duration length = run.quick() ? LENGTH_QUICK : LENGTH;
    int rounds = run.quick() ? 1 : ROUNDS;
    Map<Way, Double> sums = new EnumMap<>(Way.class);
    for (int i = 0; i < rounds; i++) {
      for (Way way : Way.values()) {
        sums.merge(way, trial.perSecond(way, length), Double::sum);
      }
    }
    List<Figure> figures = new ArrayList<>();
    figures.addAll(compared("saml", rounds, sums, Way.DIRECT_SAML, Way.BROKER_SAML));
    figures.addAll(compared("oidc", rounds, sums, Way.DIRECT_OIDC, Way.BROKER_OIDC));
    return figures;
  }

  private List<Figure> compared(
      String property, int rounds, Map<Way, Double> sums, Way direct, Way broker) {
    Comparison rate = new Comparison("signin", property + "-rate", "1/s", subject);
    rate.add(PEER, sums.getOrDefault(direct, Double.NaN) / rounds);
    rate.add(subject, sums.getOrDefault(broker, Double.NaN) / rounds);
    return rate.figures();
  }
}
