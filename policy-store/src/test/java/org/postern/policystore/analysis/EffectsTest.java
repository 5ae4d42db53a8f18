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

  private static Effects between(PolicyConfiguration old, PolicyConfiguration now) {
    Population population =
        Population.of(IdentityState.EMPTY, old, now, _ -> Facts.NONE, Facts.NONE, Instant.EPOCH);
    return Effects.between(
        Snapshot.build(1, old, population.before()),
        Snapshot.build(2, now, population.after()),
        population,
        0,
        Long.MAX_VALUE);
  }

  private static final String CORP = "{name: corp, issuer: \"https://idp.example\", clientId: x";
  private static final String ALONE = CORP + "}";
  private static final String WITH_DOMAIN = CORP + ", domains: [example.com]}";
  private static final String OTHER_DOMAIN = CORP + ", domains: [example.org]}";
  private static final String RENAMED = WITH_DOMAIN.replace("name: corp", "name: sso");
  private static final String SECOND =
      ", {name: aa, issuer: \"https://o.example\", clientId: x, domains: [partner.example]}";

  private static PolicyConfiguration signedInBy(String providers, String group) {
    return read(
        """
        version: 1
        connectorGroups: [{name: g}]
        applications:
          - {name: mail, hosts: [a.corp.internal], tcp: [25], connectorGroups: [g]}
        identityProviders: [%s]
        groups: [{name: staff%s}]
        rules:
          - {name: both, action: allow, applications: [mail], groups: [staff]}
        """
            .formatted(providers, group));
  }

  /// Whoever is in the group from now on can do what whoever was in it could, however they sign in.
  @Test
  void groupThatPeopleComeIntoOnAnotherWayThanBeforeLosesNothing() {
    String members = ", members: [alice@example.com]";
    String from = ", members: [alice@example.com], from: [%s:people]";
    List<List<PolicyConfiguration>> changes =
        List.of(
            List.of(signedInBy(WITH_DOMAIN, members), signedInBy(OTHER_DOMAIN, members)),
            List.of(signedInBy(WITH_DOMAIN, members), signedInBy(RENAMED, members)),
            List.of(signedInBy(ALONE, members), signedInBy(WITH_DOMAIN + SECOND, members)),
            List.of(signedInBy(WITH_DOMAIN + SECOND, members), signedInBy(ALONE, members)),
            List.of(
                signedInBy(WITH_DOMAIN + SECOND, from.formatted("corp")),
                signedInBy(OTHER_DOMAIN + SECOND, from.formatted("corp"))),
            List.of(
                signedInBy(WITH_DOMAIN + SECOND, from.formatted("corp")),
                signedInBy(RENAMED + SECOND, from.formatted("sso"))));
    for (List<PolicyConfiguration> change : changes) {
      assertThat(between(change.getFirst(), change.getLast()).effects())
          .as("%s", change.getLast().identityProviders())
          .isEmpty();
    }
  }

  /// With several providers the name of a group alone counts for nothing, whatever becomes known.
  @Test
  void groupThatNobodyCanBeInAnyMoreLosesAccessForSure() {
    Effects effects =
        between(signedInBy(ALONE, ""), signedInBy(WITH_DOMAIN + SECOND, ", members: []"));
    assertThat(effects.effects())
        .singleElement()
        .satisfies(effect -> {
          assertThat(effect.kind()).isEqualTo(Effects.Kind.LOSES);
          assertThat(effect.who())
              .containsExactly(
                  new Effects.Who(
                      Population.Kind.GROUP, "staff", "staff", Access.ALLOWED, Access.NONE));
        });
  }

  /// The rules about the host stay the same, and yet are about another application there.
  @Test
  void applicationGroupThatChangesBetweenApplicationsOfOneHostIsSeen() {
    PolicyConfiguration old = policy("mail");
    PolicyConfiguration now = policy("web");
    Effects effects = between(old, now);
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
