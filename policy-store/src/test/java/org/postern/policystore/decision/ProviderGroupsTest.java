package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.analysis.Finding;
import org.postern.policystore.analysis.Lint;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyParser;

/** A provider's group names mean something at that provider only. */
final class ProviderGroupsTest {
  private static final String CORP =
      "{name: corp, issuer: \"https://corp.example\", clientId: c, domains: [corp.example]}";
  private static final String PARTNER =
      "{name: partner, issuer: \"https://partner.example\", clientId: c, domains:"
          + " [partner.example]}";

  private static PolicyConfiguration policy(String groups, String... providers) {
    String yaml =
        "version: 1\ngroups: [%s]\nidentityProviders: [%s]\n"
            .formatted(groups, String.join(", ", providers));
    return switch (new PolicyParser(PolicyLimits.DEFAULT).parse(yaml)) {
      case PolicyParser.Result.Parsed(PolicyDocument document) ->
          document.over(PolicyConfiguration.EMPTY);
      case PolicyParser.Result.Failed failed -> throw new AssertionError(failed.errors());
    };
  }

  @Test
  void onlyProviderSpeaksForAllGroups() {
    ProviderGroups groups = new ProviderGroups(policy("{name: staff}", CORP));
    assertThat(groups.of("corp", List.of("staff"))).containsExactly("staff");
    assertThat(groups.of("gone", List.of("staff"))).isEmpty();
  }

  @Test
  void secondProviderMakesNobodyAMemberUnlessTheGroupSaysSo() {
    ProviderGroups groups = new ProviderGroups(policy("{name: staff}", CORP, PARTNER));
    assertThat(groups.of("corp", List.of("staff"))).isEmpty();
    assertThat(groups.of("partner", List.of("staff"))).isEmpty();
  }

  @Test
  void groupNamesTheProvidersWhoseWordCounts() {
    PolicyConfiguration policy =
        policy(
            "{name: staff, from: [corp]}, {name: guests, from: [\"partner:staff\", corp]}",
            CORP,
            PARTNER);
    ProviderGroups groups = new ProviderGroups(policy);
    assertThat(groups.of("corp", List.of("staff"))).containsExactly("staff");
    assertThat(groups.of("partner", List.of("staff", "guests"))).containsExactly("guests");
    assertThat(groups.of("corp", List.of("guests"))).containsExactly("guests");
  }

  @Test
  void sourcesNarrowTheOnlyProviderToo() {
    ProviderGroups groups =
        new ProviderGroups(policy("{name: staff, from: [\"corp:Domain Users\"]}", CORP));
    assertThat(groups.of("corp", List.of("staff"))).isEmpty();
    assertThat(groups.of("corp", List.of("Domain Users"))).contains("staff");
  }

  @Test
  void groupThatNobodyCanBeInIsFound() {
    assertThat(
            Lint.of(
                policy("{name: staff}, {name: it, from: [corp]}", CORP, PARTNER),
                List.of(),
                Map.of()))
        .filteredOn(finding -> finding.kind() == Finding.Kind.EMPTY_GROUP)
        .extracting(Finding::subject)
        .containsExactly("staff");
  }
}
