package org.postern.policystore.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.Transport;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.RandomPeople;
import org.postern.policystore.decision.RandomPolicy;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

class LintTest {
  private final long seed = Long.getLong("postern.test.seed", 20260304);
  private final SplittableRandom random = new SplittableRandom(seed);

  /// Every person, on every application's own exact names, at many moments with many facts.
  @Test
  void ruleThatIsSaidToBeCoveredNeverDecides() {
    int covered = 0;
    for (int world = 0; world < 300; world++) {
      PolicyConfiguration configuration = new RandomPolicy(random).configuration();
      RandomPeople people = new RandomPeople(random);
      IdentityState identities = people.identities();
      Set<String> named = new HashSet<>();
      for (Finding finding : Lint.of(configuration, List.of(), Map.of())) {
        boolean shadow =
            finding.kind() == Finding.Kind.SHADOWED || finding.kind() == Finding.Kind.CONTRADICTING;
        if (shadow) {
          named.add(finding.subject());
        }
      }
      covered += named.size();
      Snapshot snapshot = Snapshot.build(1, configuration, identities);
      for (int i = 0; i < 20; i++) {
        for (int person = 0; person < RandomPeople.COUNT; person++) {
          String device = "d" + person;
          long now = people.moment().toEpochMilli();
          SubjectView view = snapshot.subject("u" + person, device, people.facts());
          for (Application application : configuration.applications()) {
            for (HostPattern host : application.hosts()) {
              for (PortRange range : application.tcp()) {
                Decision decision =
                    snapshot.decide(view, name(host), range.low(), Transport.TCP, now);
                if (decision.rule() != null) {
                  assertThat(named)
                      .as("seed %s world %s", seed, world)
                      .doesNotContain(decision.rule().name());
                }
              }
            }
          }
        }
      }
    }
    System.out.println("seed " + seed + ": " + covered + " covered rules never decided");
    assertThat(covered).isGreaterThan(50);
  }

  private static String name(HostPattern host) {
    return host.text().replace("*", "q").replace("?", "q").replaceAll("/.*", "");
  }
}
