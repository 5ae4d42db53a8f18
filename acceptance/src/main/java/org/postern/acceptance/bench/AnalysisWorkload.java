package org.postern.acceptance.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.Condition;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;

/**
 * An organisation to be looked over as a whole: 20,000 applications below 200 wildcards, 5,000
 * rules, one in ten a deny and half of them with conditions, 1,000 groups, 10,000 people with a
 * device and 20 groups each; and a change to it as one team makes it.
 */
record AnalysisWorkload(
    PolicyConfiguration configuration, PolicyConfiguration changed, IdentityState identities) {
  static final int APPLICATIONS = 20_000;
  static final int RULES = 5_000;
  private static final int SUFFIXES = 200;
  private static final int GROUPS = 1_000;
  private static final int PEOPLE = 10_000;
  private static final int GROUPS_OF_A_PERSON = 20;
  private static final int CHANGED = 20;

  static AnalysisWorkload create(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < APPLICATIONS - SUFFIXES; i++) {
      applications.add(application("app-%05d".formatted(i), exact(i)));
    }
    for (int i = 0; i < SUFFIXES; i++) {
      applications.add(
          application("wide-%03d".formatted(i), new HostPattern.WildcardName(suffix(i))));
    }
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < GROUPS; i++) {
      groups.add(new Group(group(i), List.of()));
    }
    List<AccessRule> rules = new ArrayList<>();
    for (int i = 0; i < RULES; i++) {
      rules.add(rule("rule-%04d".formatted(i), random, true));
    }
    PolicyConfiguration configuration =
        new PolicyConfiguration(
            List.of("corp.internal"),
            List.of(new ConnectorGroup("vpc")),
            applications,
            groups,
            rules,
            List.of(
                new IdentityProvider(
                    "corp",
                    "https://login.example.com",
                    "postern",
                    new ClientSecret.None(),
                    IdentityProvider.GROUPS_CLAIM_DEFAULT,
                    List.of("example.com"),
                    false)));
    return new AnalysisWorkload(configuration, changed(configuration, random), people(random));
  }

  /** Rules gone, new and moved, and applications that carve hosts out of wider ones. */
  private static PolicyConfiguration changed(PolicyConfiguration from, RandomGenerator random) {
    List<AccessRule> rules = new ArrayList<>(from.rules());
    for (int i = 0; i < CHANGED; i++) {
      rules.remove(ofATeam(rules, random));
      rules.add(random.nextInt(rules.size()), rule("new-rule-" + i, random, false));
      rules.add(random.nextInt(rules.size()), rules.remove(ofATeam(rules, random)));
    }
    List<Application> applications = new ArrayList<>(from.applications());
    for (int i = 0; i < CHANGED; i++) {
      applications.add(
          application(
              "new-app-" + i,
              new HostPattern.ExactName("new-%d.%s".formatted(i, suffix(i % SUFFIXES)))));
    }
    return from.withRules(rules).withApplications(applications);
  }

  /** A rule that names its applications: one about all of them is no team's to change. */
  private static int ofATeam(List<AccessRule> rules, RandomGenerator random) {
    int place = random.nextInt(rules.size());
    while (rules.get(place).match().targets().any()) {
      place = random.nextInt(rules.size());
    }
    return place;
  }

  private static AccessRule rule(String name, RandomGenerator random, boolean mayBeWide) {
    return new AccessRule(
        name,
        random.nextInt(10) == 0 ? AccessRule.Action.DENY : AccessRule.Action.ALLOW,
        new RuleMatch(
            mayBeWide && random.nextInt(100) == 0
                ? RuleMatch.Targets.ANY
                : new RuleMatch.Targets(
                    false,
                    some(random, 1 + random.nextInt(20), APPLICATIONS - SUFFIXES).stream()
                        .map("app-%05d"::formatted)
                        .toList(),
                    List.of(),
                    List.of()),
            new RuleMatch.Subjects(
                false,
                some(random, 5, GROUPS).stream().map(AnalysisWorkload::group).toList(),
                List.of()),
            random.nextBoolean()
                ? List.of()
                : List.of(
                    Condition.that(new Operand.Platforms(List.of(Platform.LINUX, Platform.MACOS))),
                    Condition.that(new Operand.AuthenticationAge(Duration.ofDays(1))))),
        RuleMode.ENFORCE,
        AccessRule.Terms.NONE);
  }

  private static IdentityState people(RandomGenerator random) {
    Map<String, UserRecord> users = new HashMap<>();
    Map<String, DeviceRecord> devices = new HashMap<>();
    for (int i = 0; i < PEOPLE; i++) {
      String id = "u-" + i;
      users.put(
          id,
          new UserRecord(
              id,
              "corp",
              id,
              "person-%05d@example.com".formatted(i),
              "",
              false,
              some(random, GROUPS_OF_A_PERSON, GROUPS).stream()
                  .map(AnalysisWorkload::group)
                  .toList()));
      devices.put(
          "d-" + i,
          new DeviceRecord(
              "d-" + i, id, "laptop", "linux-x86_64", "", DeviceRecord.State.REGISTERED));
    }
    return new IdentityState(users, devices, Map.of(), Map.of());
  }

  static Instant now() {
    return Instant.parse("2026-03-02T10:00:00Z");
  }

  private static Application application(String name, HostPattern host) {
    return new Application(
        name,
        List.of(host),
        List.of(new PortRange(443, 443)),
        List.of(),
        List.of("vpc"),
        Obligations.NONE);
  }

  private static HostPattern exact(int number) {
    return new HostPattern.ExactName("app-%05d.%s".formatted(number, suffix(number % SUFFIXES)));
  }

  private static String suffix(int number) {
    return "team-%03d.corp.internal".formatted(number);
  }

  private static String group(int number) {
    return "group-%04d".formatted(number);
  }

  private static List<Integer> some(RandomGenerator random, int count, int bound) {
    TreeSet<Integer> chosen = new TreeSet<>();
    while (chosen.size() < count) {
      chosen.add(random.nextInt(bound));
    }
    return List.copyOf(chosen);
  }
}
