package org.postern.policystore.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;

class ServerGroupReaderTest {
  private static final String APPLICATION =
      "\napplications: [{name: a, hosts: [a.b], tcp: [443], serverGroups: [s]}]\n";

  private static PolicyParser.Result parse(String groups) {
    return new PolicyParser(PolicyLimits.DEFAULT)
        .parse("version: 1\nconnectorGroups: [{name: g}]\nserverGroups: " + groups + APPLICATION);
  }

  @Test
  void listedServersAreReadWithTheirPorts() {
    PolicyParser.Result read =
        parse(
            "[{name: s, servers: [\"10.0.0.2:8443\", 10.0.0.1, DB1.vpc.local,"
                + " \"[2001:DB8:0::1]:443\"], connectorGroups: [g]}]");
    assertThat(read).isInstanceOf(PolicyParser.Result.Parsed.class);
    PolicyConfiguration policy =
        ((PolicyParser.Result.Parsed) read).document().over(PolicyConfiguration.EMPTY);
    assertThat(policy.serverGroups())
        .containsExactly(
            new ServerGroup(
                "s",
                false,
                List.of(
                    new Server("10.0.0.1", 0),
                    new Server("10.0.0.2", 8443),
                    new Server("2001:db8::1", 443),
                    new Server("db1.vpc.local", 0)),
                List.of("g")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [{name: s, connectorGroups: [g]}]                                   | no servers
          [{name: s, servers: [], connectorGroups: [g]}]                      | no servers
          [{name: s, dynamic: true, servers: [10.0.0.1], connectorGroups: [g]}] | one or the other
          [{name: s, servers: [10.0.0.0/24], connectorGroups: [g]}]           | a DNS name or an address
          [{name: s, servers: ["10.0.0.1:70000"], connectorGroups: [g]}]      | a DNS name or an address
          [{name: s, servers: ["*.vpc.local"], connectorGroups: [g]}]         | a DNS name or an address
          [{name: s, dynamic: true}]                                          | "connectorGroups" is missing
          [{name: s, dynamic: true, connectorGroups: [h]}]                    | unknown connector group "h"
          [{name: t, dynamic: true, connectorGroups: [g]}]                    | unknown server group "s"
          """)
  void mistakesAreNamedWithTheirLine(String groups, String said) {
    PolicyParser.Result read = parse(groups);
    assertThat(read).isInstanceOf(PolicyParser.Result.Failed.class);
    assertThat(((PolicyParser.Result.Failed) read).errors())
        .anySatisfy(error -> {
          assertThat(error.toString()).contains(said);
          assertThat(error.line()).isEqualTo(said.contains("server group") ? 4 : 3);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          127.0.0.1                | own loopback                | allowLoopback
          "[::1]:443"              | own loopback                | allowLoopback
          "[::ffff:127.0.0.9]:443" | own loopback                | allowLoopback
          "localhost:8080"         | own loopback                | allowLoopback
          db.localhost             | own loopback                | allowLoopback
          169.254.169.254          | link-local                  | allowLinkLocal
          "fe80::1"                | link-local                  | allowLinkLocal
          "100.100.100.200:80"     | metadata address of a cloud | allowLinkLocal
          "[fd00:ec2::254]:80"     | metadata address of a cloud | allowLinkLocal
          168.63.129.16            | metadata address of a cloud | allowLinkLocal
          "64:ff9b::127.0.0.1"     | own loopback                | allowLoopback
          "2002:7f00:1::1"         | own loopback                | allowLoopback
          "64:ff9b:1:a9fe:a9:fe00::" | link-local                | allowLinkLocal
          "2001:db8::5efe:169.254.169.254" | link-local          | allowLinkLocal
          "::ffff:0:100.100.100.200" | metadata address of a cloud | allowLinkLocal
          """)
  void serverThatConnectorsRefuseToDialNeedsTheApplicationsWord(
      String server, String said, String key) {
    String text =
        "version: 1\nconnectorGroups: [{name: g}]\nserverGroups: [{name: s, servers: [%s],"
            + " connectorGroups: [g]}]\napplications: [{name: a, hosts: [a.b], tcp: [443],"
            + " serverGroups: [s]%s}]\n";
    PolicyParser parser = new PolicyParser(PolicyLimits.DEFAULT);
    assertThat(parser.parse(text.formatted(server, "")))
        .isInstanceOfSatisfying(
            PolicyParser.Result.Failed.class,
            failed ->
                assertThat(failed.errors())
                    .singleElement()
                    .satisfies(error -> {
                      assertThat(error.message())
                          .startsWith("server \"")
                          .contains(said, key + ": true in application \"a\"");
                      assertThat(error.path()).isEqualTo("applications[0].serverGroups[0]");
                    }));
    String other = key.equals("allowLoopback") ? "allowLinkLocal" : "allowLoopback";
    assertThat(parser.parse(text.formatted(server, ", " + other + ": true")))
        .isInstanceOf(PolicyParser.Result.Failed.class);
    assertThat(parser.parse(text.formatted(server, ", " + key + ": true")))
        .isInstanceOf(PolicyParser.Result.Parsed.class);
  }

  @Test
  void changedServerIsNamedWhereItStandsWhenTheApplicationStaysAsItIs() {
    PolicyConfiguration before =
        ((PolicyParser.Result.Parsed)
                parse("[{name: s, servers: [10.0.0.1], connectorGroups: [g]}]"))
            .document()
            .over(PolicyConfiguration.EMPTY);
    PolicyParser.Result changed =
        new PolicyParser(PolicyLimits.DEFAULT)
            .parse(
                "version: 1\nserverGroups: [{name: s, servers: [10.0.0.1, 127.0.0.1],"
                    + " connectorGroups: [g]}]\n");
    assertThat(
            ((PolicyParser.Result.Parsed) changed)
                .document()
                .errorsOver(before, PolicyLimits.DEFAULT, java.util.Set.of()))
        .singleElement()
        .satisfies(error -> assertThat(error.path()).isEqualTo("serverGroups[0].servers[1]"));
  }
}
