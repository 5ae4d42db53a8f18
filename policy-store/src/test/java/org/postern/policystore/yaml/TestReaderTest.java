package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.policystore.ClientType;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

class TestReaderTest {
  private static final String POLICY =
      """
      version: 1
      connectorGroups: [{name: g}]
      applications: [{name: a, hosts: [a.b], tcp: [443], connectorGroups: [g]}]
      groups: [{name: Staff}]
      trustedNetworks: [{name: office}]
      postureProfiles: [{name: managed, platforms: [linux], diskEncrypted: true}]
      rules: [{name: r, action: allow, applications: [a], anyone: true}]
      identityProviders: []
      tests:
      """;
  private static final int LINE = 10;

  private static PolicyParser.Result parse(String test) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(POLICY + "  - " + test + "\n");
  }

  @Test
  void everyFactIsReadAndWrittenTheSame() {
    PolicyParser.Result read =
        parse(
            "{name: staff pay, expect: step-up, rule: r, host: A.b, port: 443, transport: udp,"
                + " at: \"2026-03-27T12:00:00Z\", user: A@Example.com, groups: [Staff],"
                + " attributes: {department: [it]}, authenticated: \"2026-03-27T11:00:00Z\","
                + " context: loa2, methods: [otp], clientType: browser, platform: linux,"
                + " posture: [managed=false], source: 192.0.2.7, trustedNetworks: [], country: DE,"
                + " risk: high}");
    assertThat(read).isInstanceOf(PolicyParser.Result.Parsed.class);
    PolicyConfiguration policy =
        ((PolicyParser.Result.Parsed) read).document().over(PolicyConfiguration.EMPTY);
    PolicyTest test = policy.tests().getFirst();
    assertThat(test.expect()).isEqualTo(PolicyTest.Expectation.STEP_UP);
    assertThat(test.rule()).isEqualTo("r");
    assertThat(test.target())
        .isEqualTo(
            new PolicyTest.Target(
                "a.b", 443, Transport.UDP, Instant.parse("2026-03-27T12:00:00Z")));
    assertThat(test.person())
        .isEqualTo(
            new PolicyTest.Person(
                "a@example.com", "", List.of("Staff"), Map.of("department", List.of("it"))));
    assertThat(test.signIn())
        .isEqualTo(
            new PolicyTest.SignIn(Instant.parse("2026-03-27T11:00:00Z"), "loa2", List.of("otp")));
    PolicyTest.Situation situation = test.situation();
    assertThat(situation.clientType()).isEqualTo(ClientType.BROWSER);
    assertThat(situation.platform()).isEqualTo(Platform.LINUX);
    assertThat(situation.posture()).isEqualTo(Map.of("managed", Truth.FALSE));
    assertThat(situation.source()).hasToString("192.0.2.7");
    assertThat(situation.trustedNetworks()).isEqualTo(Set.of());
    assertThat(situation.country()).isEqualTo("DE");
    assertThat(situation.risk()).isEqualTo(RiskLevel.HIGH);
    assertThat(TestText.read(List.of(TestText.write(test)))).containsExactly(test);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {name: t, host: a.b, port: 1}                              | key "expect" is missing
          {name: t, expect: allow, port: 1}                          | key "host" is missing
          {name: t, expect: maybe, host: a.b, port: 1}               | allow or deny or step-up or approval
          {name: t, expect: allow, host: "*.b", port: 1}             | one name or address
          {name: t, expect: allow, host: 10.0.0.0/8, port: 1}        | one name or address
          {name: t, expect: allow, host: a.b, port: 65536}           | a port from 1 to 65535
          {name: t, expect: allow, host: a.b, port: 1, rule: s}      | unknown rule "s"
          {name: t, expect: allow, host: a.b, port: 1, groups: [staff]} | unknown group "staff"
          {name: t, expect: allow, host: a.b, port: 1, posture: [x]} | unknown posture profile "x"
          {name: t, expect: allow, host: a.b, port: 1, posture: [managed, managed=false]} | two results
          {name: t, expect: allow, host: a.b, port: 1, trustedNetworks: [x]} | unknown trusted network "x"
          {name: t, expect: allow, host: a.b, port: 1, provider: x}  | unknown identity provider "x"
          {name: t, expect: allow, host: a.b, port: 1, source: 10.0.0.0/8} | one address
          {name: t, expect: allow, host: a.b, port: 1, attributes: [x]} | as in department: [it]
          {name: t, expect: allow, host: a.b, port: 1, grups: [x]}   | unknown key "grups"
          """)
  void mistakesAreNamedWithTheirLine(String test, String said) {
    assertThat(parse(test))
        .isInstanceOfSatisfying(
            PolicyParser.Result.Failed.class,
            failed ->
                assertThat(failed.errors())
                    .anySatisfy(error -> {
                      assertThat(error.toString()).contains(said);
                      assertThat(error.line()).isEqualTo(LINE);
                      assertThat(error.path()).startsWith("tests[0]");
                    }));
  }

  @Test
  void aRuleThatATestNamesIsNotTakenAwayUnderIt() {
    PolicyConfiguration base =
        ((PolicyParser.Result.Parsed)
                parse("{name: t, expect: allow, host: a.b, port: 443, rule: r}"))
            .document()
            .over(PolicyConfiguration.EMPTY);
    PolicyParser.Result without =
        new PolicyParser(PolicyLimits.DEFAULT).parse("version: 1\nrules: []\n");
    assertThat(
            ((PolicyParser.Result.Parsed) without)
                .document()
                .errorsOver(base, PolicyLimits.DEFAULT, Set.of()))
        .singleElement()
        .satisfies(error ->
            assertThat(error.toString())
                .contains("rule \"r\" is missing here, and test \"t\", which stays as it is"));
  }
}
