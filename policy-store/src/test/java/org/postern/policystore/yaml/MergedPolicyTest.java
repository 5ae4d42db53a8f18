package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.RandomPolicy;

class MergedPolicyTest {
  private static final String APPS =
      """
      version: 1
      connectorGroups: [{name: g}]
      applications:
        # the team's
        - name: pay
          hosts: [pay.x]
          tcp: [443]
          connectorGroups: [g]
      """;
  private static final String MORE =
      """
      applications: [{name: wiki, hosts: [wiki.x], tcp: [80, "8000-8100"], connectorGroups: [g]}]
      rules:
        - {name: last, action: deny, applications: [wiki], anyone: true}
      version: 1
      """;
  private static final String RULES =
      """
      version: 1
      rules: [{name: very-last, action: allow, applications: [pay], groups: [null]}]
      groups:
        - name: "null"
          members: []
      """;

  private static MergedPolicy.Result merge(String... texts) {
    List<MergedPolicy.Source> sources = new java.util.ArrayList<>();
    for (String text : texts) {
      sources.add(new MergedPolicy.Source((char) ('a' + sources.size()) + ".yaml", text));
    }
    return MergedPolicy.merge(sources, PolicyLimits.DEFAULT);
  }

  private static MergedPolicy merged(String... texts) {
    MergedPolicy.Result result = merge(texts);
    assertThat(result).isInstanceOf(MergedPolicy.Result.Merged.class);
    return ((MergedPolicy.Result.Merged) result).policy();
  }

  private static PolicyConfiguration read(String text) {
    PolicyParser.Result result = new PolicyParser(PolicyLimits.DEFAULT).parse(text);
    assertThat(result).as(text).isInstanceOf(PolicyParser.Result.Parsed.class);
    return ((PolicyParser.Result.Parsed) result).document().over(PolicyConfiguration.EMPTY);
  }

  @Test
  void whatFilesListUnderOneKeyIsJoinedInTheirOrder() {
    PolicyConfiguration whole =
        read(merged(APPS, MORE, RULES.replace("[null]", "[\"null\"]")).document());
    assertThat(whole.applications()).extracting(each -> each.name()).containsExactly("pay", "wiki");
    assertThat(whole.rules()).extracting(each -> each.name()).containsExactly("last", "very-last");
    assertThat(whole.applications().getLast().tcp().toString()).isEqualTo("[80, 8000-8100]");
    assertThat(whole.groups()).extracting(each -> each.name()).containsExactly("null");
  }

  @Test
  void mistakesOfTheWholeAreFoundInTheirFile() {
    MergedPolicy policy = merged(APPS, MORE.replace("[wiki]", "[wicki]"), RULES);
    PolicyParser.Result result = new PolicyParser(PolicyLimits.DEFAULT).parse(policy.document());
    assertThat(((PolicyParser.Result.Failed) result).errors())
        .extracting(error ->
            policy.place(error.path()).map(Object::toString).orElse("") + " " + error.message())
        .anySatisfy(said -> assertThat(said).startsWith("b.yaml:3:47 unknown application"))
        .anySatisfy(said -> assertThat(said).startsWith("c.yaml:2:72 no value"));
    assertThat(policy.place("applications[0].tcp[0]"))
        .contains(new MergedPolicy.Place("a.yaml", 7, 11));
    assertThat(policy.place("applications[0].nothing"))
        .as("as far as it is there")
        .contains(new MergedPolicy.Place("a.yaml", 5, 5));
    assertThat(policy.place("applications")).contains(new MergedPolicy.Place("a.yaml", 3, 1));
    assertThat(policy.place("tests.what is in force")).isEmpty();
  }

  @Test
  void aNameThatStandsTwiceIsToldWithBothPlaces() {
    MergedPolicy.Result result =
        merge(
            APPS,
            MORE.replace("name: wiki", "name: pay"),
            "version: 1\n"
                + "sessionRules: [{name: last, anyApplication: true, anyone: true, maxAge: 1h}]");
    assertThat(((MergedPolicy.Result.Failed) result).errors())
        .extracting(Object::toString)
        .containsExactlyInAnyOrder(
            "b.yaml:1:16: applications[1]: \"pay\" is already defined in a.yaml:5:5",
            "c.yaml:2:16: sessionRules[0]: \"last\" is already defined in b.yaml:3:5");
  }

  @Test
  void everyFileIsADocumentOfItsOwn() {
    MergedPolicy.Result result =
        merge(APPS, "rules: []\n", "- a\n", "version: 1\nrules: x\n", "version: 1\nrules: [\n", "");
    assertThat(((MergedPolicy.Result.Failed) result).errors())
        .extracting(Object::toString)
        .satisfiesExactly(
            said -> assertThat(said).startsWith("b.yaml:1:1: version: expected"),
            said -> assertThat(said).startsWith("c.yaml:1:1: expected keys and values"),
            said -> assertThat(said).startsWith("d.yaml:2:8: rules: expected a list"),
            said -> assertThat(said).startsWith("e.yaml:3:1: this is not YAML"),
            said -> assertThat(said).startsWith("f.yaml:1:1: the document is empty"));
  }

  @Test
  void everyWordOfTheLanguageSurvivesBeingJoined() {
    long seed = Long.getLong("postern.test.seed", 20261128);
    RandomPolicy policies = new RandomPolicy(new SplittableRandom(seed));
    for (int i = 0; i < 200; i++) {
      String text = PolicyWriter.write(policies.withForwarding(policies.configuration()));
      PolicyParser parser = new PolicyParser(PolicyLimits.DEFAULT);
      if (parser.parse(text) instanceof PolicyParser.Result.Parsed(PolicyDocument document)) {
        String joined = merged(text, "version: 1\n").document();
        assertThat(read(joined))
            .as("seed %s, round %s", seed, i)
            .isEqualTo(Objects.requireNonNull(document).over(PolicyConfiguration.EMPTY));
      }
    }
  }
}
