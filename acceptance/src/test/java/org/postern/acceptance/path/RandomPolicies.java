package org.postern.acceptance.path;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Policy documents with rules of every kind, by a seed. */
final class RandomPolicies {
  static final int PORT_LOW = 80;
  static final int PORT_HIGH = 83;
  private static final int APPLICATIONS = 4;
  private static final int RULES_MAX = 9;
  private static final List<String> WHO =
      List.of(
          "anyone: true",
          "groups: [staff]",
          "groups: [ops, staff]",
          "users: [alice@example.com]",
          "users: [bob@example.com, carol@example.com]");
  private static final List<String> WHAT =
      List.of(
          "anyApplication: true",
          "applications: [a0, a1]",
          "applications: [a2]",
          "applications: [a3, a0]",
          "labels: [owner=red]");
  private static final List<String> MODES =
      List.of("", "", "", ", mode: report-only", ", mode: off", ", enforcePercent: 50");

  private final Random random;
  private final String issuer;

  RandomPolicies(Random random, String issuer) {
    this.random = random;
    this.issuer = issuer;
  }

  private String one(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** A host that some application has, or none. */
  String host() {
    return one(
        List.of(
            "a0.corp.internal",
            "a1.corp.internal",
            "a2.corp.internal",
            "x.w.corp.internal",
            "a1.w.corp.internal",
            "nobody.corp.internal",
            "10.9.0.7"));
  }

  int port() {
    return PORT_LOW + random.nextInt(PORT_HIGH - PORT_LOW + 1);
  }

  private String condition() {
    String condition =
        one(
            List.of(
                "platforms: [linux]",
                "platforms: [macos, windows]",
                "clientTypes: [client]",
                "clientTypes: [browser]",
                "posture: [managed]",
                "posture: [managed=false]",
                "sources: [127.0.0.0/8]",
                "sources: [10.0.0.0/8]",
                "countries: [DE, FR]",
                "risks: [low]",
                "attribute: department, values: [sales]",
                "attribute: floor, values: [\"3\"]",
                "identityProviders: [corp]",
                "groups: [ops]",
                "users: [alice@example.com]",
                "authenticationAge: 10m",
                "authenticationMethods: [otp]",
                "authenticationContexts: [silver]",
                "times: [\"mon-sun 00:00-12:00 UTC\"]",
                "trustedNetworks: [office]"));
    return "{" + condition + (random.nextInt(3) == 0 ? ", not: true}" : "}");
  }

  private String conditions() {
    List<String> all = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      all.add(condition());
    }
    return all.isEmpty() ? "" : ", when: [" + String.join(", ", all) + "]";
  }

  private String rule(int number) {
    String action =
        one(
            List.of(
                "action: allow",
                "action: allow",
                "action: deny",
                "action: step-up, stepUp: {methods: [otp]}",
                "action: step-up, stepUp: {maxAge: 10m}",
                "action: require-approval"));
    String expires =
        random.nextInt(8) == 0
            ? ", expires: " + Instant.ofEpochSecond(1_700_000_000L + random.nextInt(400_000_000))
            : "";
    return "  - {name: r%d, %s, %s, %s%s%s%s}\n"
        .formatted(
            number,
            action,
            one(WHAT),
            one(WHO),
            conditions(),
            random.nextBoolean() ? expires : "",
            one(MODES));
  }

  /** The next one. */
  String next() {
    StringBuilder text =
        new StringBuilder(
            """
            version: 1
            domains: [corp.internal]
            connectorGroups: [{name: vpc-a}]
            trustedNetworks: [{name: office, sources: [192.0.2.0/24]}]
            postureProfiles:
              - {name: managed, platforms: [linux], files: [{path: /etc/managed}]}
            groups: [{name: staff, members: [alice@example.com, bob@example.com]}, {name: ops}]
            identityProviders:
              - {name: corp, issuer: "%s", clientId: postern, allowPlainHttp: true,
                 attributes: {department: department, floor: floor}}
            applications:
            """
                .formatted(issuer));
    List<String> hosts =
        List.of(
            "a0.corp.internal, 10.9.0.0/24",
            "a1.corp.internal",
            "a2.corp.internal",
            "\"*.w.corp.internal\"");
    for (int i = 0; i < APPLICATIONS; i++) {
      text.append(
          "  - {name: a%d, hosts: [%s], tcp: [%d-%d], connectorGroups: [vpc-a]%s}\n"
              .formatted(
                  i,
                  hosts.get(i),
                  PORT_LOW + random.nextInt(2),
                  PORT_HIGH - random.nextInt(2),
                  random.nextBoolean() ? ", labels: [owner=red]" : ""));
    }
    text.append("rules:\n");
    for (int i = 1 + random.nextInt(RULES_MAX); i > 0; i--) {
      text.append(rule(i));
    }
    text.append("sessionRules:\n");
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      text.append(
          "  - {name: s%d, %s, %s, maxAge: %s%s%s}\n"
              .formatted(
                  i,
                  one(WHAT),
                  one(WHO),
                  one(List.of("1m", "1h", "12h")),
                  conditions(),
                  one(MODES)));
    }
    return text.toString();
  }
}
