package org.postern.policystore.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.Access;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.yaml.PolicyParser;

/// What random policies once found wrong, by name.
class EffectsTest {
  private static PolicyConfiguration policy(String grouped) {
    return read(
        """
        version: 1
        connectorGroups: [{name: g}]
        applications:
          - {name: mail, hosts: [a.corp.internal], tcp: [25], connectorGroups: [g]}
          - {name: web, hosts: [a.corp.internal], tcp: [443], connectorGroups: [g]}
        applicationGroups: [{name: open, applications: [%s]}]
        identityProviders: [{name: corp, issuer: "https://idp.example", clientId: x}]
        groups: [{name: staff, members: []}]
        rules:
          - {name: both, action: allow, applicationGroups: [open], groups: [staff]}
        """
            .formatted(grouped));
  }

  private static PolicyConfiguration read(String text) {
    return ((PolicyParser.Result.Parsed) new PolicyParser(PolicyLimits.DEFAULT).parse(text))
        .document()
        .over(PolicyConfiguration.EMPTY);
  }

  /// The rules about the host stay the same, and yet are about another application there.
  @Test
  void applicationGroupThatChangesBetweenApplicationsOfOneHostIsSeen() {
    PolicyConfiguration old = policy("mail");
    PolicyConfiguration now = policy("web");
    Population population =
        Population.of(
            IdentityState.EMPTY, List.of(old, now), _ -> Facts.NONE, Facts.NONE, Instant.EPOCH);
    Effects effects =
        Effects.between(
            Snapshot.build(1, old, population.state()),
            Snapshot.build(2, now, population.state()),
            population,
            0,
            Long.MAX_VALUE);
    assertThat(effects.effects())
        .extracting(Effects.Effect::kind, Effects.Effect::application)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(Effects.Kind.LOSES, "mail"),
            org.assertj.core.groups.Tuple.tuple(Effects.Kind.GAINS, "web"));
    assertThat(effects.effects())
        .allSatisfy(effect ->
            assertThat(effect.who())
                .singleElement()
                .satisfies(who ->
                    assertThat(List.of(who.from(), who.to()))
                        .containsExactlyInAnyOrder(Access.ALLOWED, Access.NONE)));
  }
}
