package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PortRange;

class PolicyParserTest {
  private static PolicyParser.Result parse(String yaml) {
    return new PolicyParser(PolicyLimits.DEFAULT).parse(yaml);
  }

  private static PolicyConfiguration good(String yaml) {
    return switch (parse(yaml)) {
      case PolicyParser.Result.Parsed(PolicyDocument document) ->
          document.over(PolicyConfiguration.EMPTY);
      case PolicyParser.Result.Failed failed -> throw new AssertionError(failed.errors());
    };
  }

  private static List<PolicyError> bad(String yaml) {
    return switch (parse(yaml)) {
      case PolicyParser.Result.Parsed parsed -> throw new AssertionError("accepted: " + yaml);
      case PolicyParser.Result.Failed failed -> failed.errors();
    };
  }

  private static String application(String hosts, String more) {
    return """
    version: 1
    connectorGroups: [{name: g}]
    applications:
      - name: a
        hosts: %s
        connectorGroups: [g]
        %s
    """
        .formatted(hosts, more);
  }

  @Test
  void allMistakesAreNamedAtOnceWithTheirPlaces() {
    List<PolicyError> errors =
        bad(
            """
            version: 1
            connectorGroups: [{name: vpc-a}]
            aplications: []
            applications:
              - name: Payments
                hosts: [payments.corp.internal, "*.*.x", 10.20.0.1/16]
                tcp: [443, 70000, 90-80]
                conectorGroups: [vpc-a]
                connectorGroups: [vpc-b]
              - name: wiki
                hosts: []
                connectorGroups: [vpc-a]
            groups: [{name: staff, members: [alice]}]
            rules:
              - {name: r, action: alow, applications: [wikki], groups: [staf]}
              - {name: r, action: deny, applications: [wiki], anyone: true, users: [a@b.c]}
            """);
    assertThat(errors)
        .extracting(PolicyError::toString)
        .anySatisfy(e ->
            assertThat(e)
                .startsWith("3:1: aplications: unknown key")
                .contains("did you mean \"applications\"?"))
        .anySatisfy(e -> assertThat(e).startsWith("5:11: applications[0].name: \"Payments\""))
        .anySatisfy(e -> assertThat(e).startsWith("6:37: applications[0].hosts[1]"))
        .anySatisfy(e -> assertThat(e).startsWith("6:46: applications[0].hosts[2]"))
        .anySatisfy(e -> assertThat(e).startsWith("7:16: applications[0].tcp[1]: \"70000\""))
        .anySatisfy(e -> assertThat(e).startsWith("7:23: applications[0].tcp[2]"))
        .anySatisfy(e -> assertThat(e).contains("did you mean \"connectorGroups\"?"))
        .anySatisfy(e -> assertThat(e).startsWith("11:12: applications[1].hosts: empty"))
        .anySatisfy(e -> assertThat(e).contains("applications[1]").contains("no ports"))
        .anySatisfy(e -> assertThat(e).contains("groups[0].members[0]").contains("e-mail"))
        .anySatisfy(e -> assertThat(e).startsWith("15:23: rules[0].action: \"alow\""))
        .anySatisfy(e -> assertThat(e).contains("rule \"r\" is already defined in line 15"))
        .anySatisfy(e -> assertThat(e).contains("anyone: true leaves no room"));
    assertThat(errors)
        .isSortedAccordingTo(
            java.util.Comparator.comparingInt(PolicyError::line)
                .thenComparingInt(PolicyError::column));
  }

  @Test
  void unknownReferencesSayWhatWasMeant() {
    assertThat(
            bad(
                """
                version: 1
                connectorGroups: [{name: vpc-a}]
                applications: [{name: wiki, hosts: [w.x], tcp: [1], connectorGroups: [vpc-b]}]
                groups: [{name: staff}]
                rules:
                  - {name: r, action: allow, applications: [wikki], groups: [staf]}
                """))
        .extracting(PolicyError::toString)
        .satisfiesExactly(
            e -> assertThat(e).startsWith("3:71: applications[0].connectorGroups[0]: unknown"),
            e ->
                assertThat(e)
                    .startsWith("6:45: rules[0].applications[0]: unknown application \"wikki\"")
                    .contains("did you mean \"wiki\"?"),
            e -> assertThat(e).startsWith("6:62: rules[0].groups[0]: unknown group \"staf\""));
  }

  @Test
  void hostsAndPortsAreRead() {
    Application application =
        good(application(
                "[Payments.Corp.Internal, \"*.pay.corp\", 10.0.0.0/8, 192.0.2.7,"
                    + " \"2001:DB8::/32\"]",
                "tcp: [8000-8100, 443, 8101, 8050-8200]"))
            .applications()
            .getFirst();
    assertThat(application.hosts())
        .extracting(HostPattern::text)
        .containsExactlyInAnyOrder(
            "payments.corp.internal", "*.pay.corp", "10.0.0.0/8", "192.0.2.7", "2001:db8::/32");
    assertThat(application.tcp())
        .containsExactly(new PortRange(443, 443), new PortRange(8000, 8200));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "*.",
        "a.x*",
        "a.*.*.b",
        "x**.b",
        "a..b",
        ".a",
        "a.",
        "-a.b",
        "a b",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "010.0.0.1",
        "fe80::1%eth0",
        "12345",
        "a/b",
        "a:80",
        "http://x",
        "bücher.example",
        "::ffff:10.0.0.0/104",
        "a.?",
        "_",
        ""
      })
  void hostThatIsNoneIsRefused(String host) {
    if (host.equals("_")) {
      assertThat(good(application("[\"_\"]", "tcp: [1]")).applications()).hasSize(1);
      return;
    }
    assertThat(bad(application("[\"" + host + "\"]", "tcp: [1]"))).isNotEmpty();
  }

  @Test
  void unquotedWildcardIsExplained() {
    assertThat(bad(application("[*.corp.internal]", "tcp: [1]")))
        .first()
        .extracting(PolicyError::message)
        .asString()
        .contains("must be in quotes");
  }

  @ParameterizedTest
  @CsvSource({"30m,PT30M", "12h,PT12H", "90s,PT1M30S", "2d,PT48H"})
  void durationsAreRead(String text, String iso) {
    assertThat(
            good(application("[a.b]", "tcp: [1]\n    idleTimeout: " + text))
                .applications()
                .getFirst()
                .obligations()
                .idleTimeout())
        .isEqualTo(java.time.Duration.parse(iso));
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "0m", "-1m", "8d", "1y", "m", "99999999999s"})
  void durationThatIsNoneIsRefused(String text) {
    assertThat(bad(application("[a.b]", "tcp: [1]\n    idleTimeout: " + text)))
        .singleElement()
        .extracting(PolicyError::path)
        .isEqualTo("applications[0].idleTimeout");
  }

  @Test
  void sameHostWithSamePortsInTwoApplicationsIsRefusedAndWithOthersAccepted() {
    String two =
        """
        version: 1
        connectorGroups: [{name: g}]
        applications:
          - {name: a, hosts: [x.y, "*.z.y"], tcp: [80, 443], connectorGroups: [g]}
          - {name: b, hosts: [X.y, "*.q.z.y"], tcp: [%s], udp: [80], connectorGroups: [g]}
        """;
    assertThat(bad(two.formatted("400-500")))
        .singleElement()
        .extracting(PolicyError::toString)
        .asString()
        .startsWith("5:23: applications[1].hosts[0]: host \"x.y\" is also in application \"a\"");
    assertThat(good(two.formatted("22")).applications()).hasSize(2);
  }

  @Test
  void loopbackAndMetadataNeedAWordOfConsent() {
    assertThat(
            bad(
                application(
                    "[127.0.0.1, 169.254.169.254, \"::1\", \"fe80::/64\", 100.100.100.200]",
                    "tcp: [1]")))
        .hasSize(5)
        .allSatisfy(e -> assertThat(e.message()).contains("true beside it"));
    assertThat(
            good(application(
                    "[127.0.0.1, 169.254.169.254]",
                    "tcp: [1]\n    allowLoopback: true\n    allowLinkLocal: true"))
                .applications())
        .hasSize(1);
  }

  @Test
  void twoProvidersMustShareOutTheMailDomains() {
    String two =
        """
        version: 1
        identityProviders:
          - {name: a, issuer: "https://a", clientId: x, domains: [example.com]}
          - {name: b, issuer: "%s", clientId: x, domains: [%s]}
        """;
    assertThat(bad(two.formatted("https://b", "example.com")).getFirst().message())
        .contains("one provider for a domain");
    assertThat(bad(two.formatted("https://b", "")).getFirst().message()).contains("no domains");
    assertThat(bad(two.formatted("http://b", "b.com")).getFirst().message()).contains("https");
    assertThat(bad(two.formatted("https://u@b/?q", "b.com"))).isNotEmpty();
    assertThat(good(two.formatted("http://127.0.0.1:8080/x", "b.com")).identityProviders())
        .hasSize(2);
  }

  @Test
  void oneClientSecretAtMostAndItIsNeverInAMessage() {
    List<PolicyError> errors =
        bad(
            """
            version: 1
            identityProviders:
              - name: a
                issuer: https://a
                clientId: x
                clientSecret: hush-hush
                clientSecretEnv: VARIABLE
            """);
    assertThat(errors.toString()).contains("more than one client secret").doesNotContain("hush");
  }

  static Stream<String> bombs() {
    return Stream.of(
        "version: 1\na: &a [x,x]\nb: &b [*a,*a]\n",
        "version: 1\nrules: !!java.net.URL [\"http://x\"]\n",
        "version: 1\nrules: " + "[".repeat(200_000),
        "version: 1\nrules: " + "{a: ".repeat(100_000),
        "- ".repeat(5_000) + "x",
        "version: 1\n---\nversion: 1\n",
        "version: 1\nversion: 1\n",
        "version: 2\n",
        "",
        "\u0000",
        "just text",
        "[1, 2]",
        "version: 1\nrules:\n\t- x",
        "version: 1\n? [a]\n: b\n",
        "version: 1\nrules: {a: b}\n",
        "version: 1\nrules:\n",
        "version: 1\ndomains: [{a: b}]\n",
        "version: 1\n<<: {rules: []}\n");
  }

  @ParameterizedTest
  @MethodSource("bombs")
  void bombsAndNonsenseAreRefusedQuickly(String yaml) {
    assertThat(bad(yaml)).isNotEmpty().hasSizeLessThan(200);
  }

  @Test
  void documentBeyondTheLimitIsRefused() {
    assertThat(bad("version: 1\n#" + "x".repeat(PolicyLimits.DEFAULT.documentBytes())))
        .singleElement()
        .extracting(PolicyError::message)
        .asString()
        .contains("larger than");
  }

  @Test
  void mistakesBeyondTheLimitAreCounted() {
    String many = "version: 1\ndomains: [" + "\"a b\", ".repeat(500) + "c.d]\n";
    assertThat(bad(many))
        .hasSize(101)
        .last()
        .satisfies(e -> assertThat(e.message()).isEqualTo("and 400 more: mend these first"));
  }

  @Test
  void canonicalTextReadsBackAsTheSame() {
    PolicyConfiguration configuration =
        good(
            """
            version: 1
            domains: [corp.internal]
            connectorGroups: [{name: "123"}, {name: "true"}]
            applications:
              - {name: "0.5", hosts: ["*.a.b", 10.0.0.0/8], tcp: [1], connectorGroups: ["true"], maxAge: 90m}
            groups: [{name: "/staff \\"x\\" # no", members: [o'neil@example.com]}, {name: "null"}]
            rules:
              - {name: "on", action: deny, applications: ["0.5"], groups: ["null", "/staff \\"x\\" # no"]}
            identityProviders:
              - {name: i, issuer: "https://x/y", clientId: "a: b", groupsClaim: "é", clientSecretFile: /run/s}
            """);
    String canonical = PolicyWriter.write(configuration);
    assertThat(good(canonical)).isEqualTo(configuration);
    assertThat(PolicyWriter.write(good(canonical))).isEqualTo(canonical);
    assertThat(good(PolicyWriter.write(PolicyConfiguration.EMPTY)))
        .isEqualTo(PolicyConfiguration.EMPTY);
  }
}
