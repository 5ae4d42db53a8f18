package org.postern.acceptance.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;

/**
 * A large organisation, the same for every seed: applications with one exact name each, rules that
 * name a few groups and up to twenty applications, one in ten of them a deny; one user in many
 * groups.
 *
 * @param hosts what is asked: one name in five does not exist
 */
record PolicyWorkload(
    PolicyConfiguration configuration, IdentityState identities, List<String> hosts) {
  static final String USER = "u-1";
  static final String DEVICE = "d-1";
  static final int PORT = 443;
  static final Instant EXPIRY = Instant.parse("2100-01-01T00:00:00Z");

  private static final int APPLICATIONS = 10_000;
  private static final int RULES = 2_000;
  private static final int GROUPS = 1_000;
  private static final int GROUPS_OF_USER = 50;
  private static final int QUESTIONS = 8_192;

  static PolicyWorkload create(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < APPLICATIONS; i++) {
      applications.add(
          new Application(
              application(i),
              List.of(new HostPattern.ExactName(host(i))),
              List.of(new PortRange(PORT, PORT)),
              List.of(),
              List.of("vpc"),
              Obligations.NONE));
    }
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < GROUPS; i++) {
      groups.add(new Group(group(i), List.of()));
    }
    List<AccessRule> rules = new ArrayList<>();
    for (int i = 0; i < RULES; i++) {
      rules.add(
          new AccessRule(
              "rule-%04d".formatted(i),
              i % 10 == 0 ? AccessRule.Action.DENY : AccessRule.Action.ALLOW,
              some(random, 1 + random.nextInt(20), APPLICATIONS)
                  .map(PolicyWorkload::application)
                  .toList(),
              new RuleMatch.Subjects(
                  false, some(random, 5, GROUPS).map(PolicyWorkload::group).toList(), List.of())));
    }
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      int number = random.nextInt(APPLICATIONS);
      hosts.add(i % 5 == 0 ? "no-" + host(number) : host(number));
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
    return new PolicyWorkload(configuration, identities(random), List.copyOf(hosts));
  }

  private static IdentityState identities(RandomGenerator random) {
    List<String> groups = some(random, GROUPS_OF_USER, GROUPS).map(PolicyWorkload::group).toList();
    UserRecord user =
        new UserRecord(USER, "corp", "subject", "alice@example.com", "Alice", false, groups);
    DeviceRecord device =
        new DeviceRecord(DEVICE, USER, "laptop", "linux", "", DeviceRecord.State.REGISTERED);
    SessionRecord session =
        new SessionRecord("s-1", USER, DEVICE, "corp", Instant.EPOCH, EXPIRY, false);
    return new IdentityState(
        Map.of(USER, user), Map.of(DEVICE, device), Map.of(DEVICE, session), Map.of());
  }

  private static java.util.stream.Stream<Integer> some(
      RandomGenerator random, int count, int bound) {
    TreeSet<Integer> chosen = new TreeSet<>();
    while (chosen.size() < count) {
      chosen.add(random.nextInt(bound));
    }
    return chosen.stream();
  }

  private static String application(int number) {
    return "app-%05d".formatted(number);
  }

  private static String host(int number) {
    return "app-%05d.corp.internal".formatted(number);
  }

  private static String group(int number) {
    return "group-%04d".formatted(number);
  }
}
