package org.postern.acceptance.bench;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ClientType;
import org.postern.policystore.Condition;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.TimeWindow;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Facts;
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
  static final String CONNECTORS = "vpc";
  static final String CONNECTOR = "c-1";
  static final int PORT = 443;
  private static final String EMAIL = "alice@example.com";
  private static final String PROVIDER = "corp";
  private static final String PROFILE = "managed";
  private static final String NETWORK = "office";
  static final Instant EXPIRY = Instant.parse("2100-01-01T00:00:00Z");

  /** What is known of the device: enough for every condition. */
  static final Facts FACTS =
      new Facts(
          ClientType.CLIENT,
          Platform.LINUX,
          Map.of(PROFILE, Truth.TRUE),
          AddressRange.parse("192.0.2.7").orElseThrow(),
          Set.of(NETWORK),
          "DE",
          RiskLevel.LOW);

  /** What a broker knows of a device that reports nothing. */
  private static final List<Condition> KNOWN_TO_THE_BROKER =
      List.of(
          Condition.that(new Operand.ClientTypes(List.of(ClientType.CLIENT))),
          Condition.that(new Operand.Platforms(List.of(Platform.LINUX, Platform.MACOS))),
          Condition.that(
              new Operand.Sources(
                  List.of(
                      AddressRange.parse("192.0.2.0/24").orElseThrow(),
                      AddressRange.parse("127.0.0.0/8").orElseThrow()))),
          Condition.that(new Operand.Users(List.of(EMAIL))),
          Condition.that(new Operand.Providers(List.of(PROVIDER))),
          Condition.that(new Operand.Attribute("department", List.of("hall", "kitchen"))),
          Condition.that(new Operand.AuthenticationMethods(List.of("hwk", "otp"))),
          Condition.that(new Operand.AuthenticationContexts(List.of("urn:example:strong"))),
          Condition.that(
              new Operand.Times(
                  List.of(
                      new TimeWindow(
                          List.of(DayOfWeek.values()),
                          0,
                          TimeWindow.DAY_MINUTES,
                          ZoneId.of("Europe/Berlin"))))),
          Condition.that(new Operand.AuthenticationAge(Duration.ofDays(100_000))));

  /** Every rule asks all of this, and it holds: the naive model need not ask. */
  private static final List<Condition> CONDITIONS =
      Stream.concat(
              KNOWN_TO_THE_BROKER.stream(),
              Stream.of(
                  Condition.that(
                      new Operand.Posture(List.of(new Operand.PostureResult(PROFILE, Truth.TRUE)))),
                  Condition.that(new Operand.TrustedNetworks(List.of(NETWORK))),
                  Condition.not(new Operand.Countries(List.of("FR", "US"))),
                  Condition.not(new Operand.Risks(List.of(RiskLevel.CRITICAL)))))
          .toList();

  /** How large a policy is. */
  record Size(int applications, int rules) {}

  /** A company. */
  static final Size USUAL = new Size(10_000, 2_000);

  /** The largest that is promised. */
  static final Size LARGEST = new Size(50_000, 10_000);

  private static final int GROUPS = 1_000;
  private static final int GROUPS_OF_USER = 50;
  private static final int QUESTIONS = 8_192;

  static PolicyWorkload create(long seed, Size size) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < size.applications(); i++) {
      applications.add(
          new Application(
              application(i),
              List.of(new HostPattern.ExactName(host(i))),
              List.of(new PortRange(PORT, PORT)),
              List.of(),
              List.of(CONNECTORS),
              Obligations.NONE));
    }
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < GROUPS; i++) {
      groups.add(new Group(group(i), List.of()));
    }
    List<AccessRule> rules = new ArrayList<>();
    for (int i = 0; i < size.rules(); i++) {
      rules.add(
          new AccessRule(
              "rule-%04d".formatted(i),
              i % 10 == 0 ? AccessRule.Action.DENY : AccessRule.Action.ALLOW,
              new RuleMatch(
                  new RuleMatch.Targets(
                      false,
                      some(random, 1 + random.nextInt(20), size.applications())
                          .map(PolicyWorkload::application)
                          .toList(),
                      List.of(),
                      List.of()),
                  new RuleMatch.Subjects(
                      false,
                      some(random, 5, GROUPS).map(PolicyWorkload::group).toList(),
                      List.of()),
                  CONDITIONS),
              RuleMode.ENFORCE,
              AccessRule.Terms.NONE));
    }
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      int number = random.nextInt(size.applications());
      hosts.add(i % 5 == 0 ? "no-" + host(number) : host(number));
    }
    PolicyConfiguration configuration =
        new PolicyConfiguration(
            List.of("corp.internal"),
            List.of(new ConnectorGroup(CONNECTORS)),
            applications,
            groups,
            rules,
            List.of(
                new IdentityProvider(
                    PROVIDER,
                    "https://login.example.com",
                    "postern",
                    new ClientSecret.None(),
                    IdentityProvider.GROUPS_CLAIM_DEFAULT,
                    List.of("example.com"),
                    false)));
    return new PolicyWorkload(
        configuration
            .withTrustedNetworks(List.of(new TrustedNetwork(NETWORK, List.of())))
            .withPostureProfiles(List.of(new PostureProfile(PROFILE, List.of(Platform.LINUX), ""))),
        identities(random),
        List.copyOf(hosts));
  }

  private static IdentityState identities(RandomGenerator random) {
    List<String> groups = some(random, GROUPS_OF_USER, GROUPS).map(PolicyWorkload::group).toList();
    UserRecord user =
        new UserRecord(
            USER,
            PROVIDER,
            "subject",
            EMAIL,
            "Alice",
            false,
            groups,
            Map.of("department", List.of("hall")));
    DeviceRecord device =
        new DeviceRecord(DEVICE, USER, "laptop", "linux", "", DeviceRecord.State.REGISTERED);
    SessionRecord session =
        new SessionRecord(
            "s-1",
            USER,
            DEVICE,
            PROVIDER,
            Instant.EPOCH,
            EXPIRY,
            false,
            new SessionRecord.SignInMethod("urn:example:strong", List.of("otp", "pwd")));
    return new IdentityState(
        Map.of(USER, user),
        Map.of(DEVICE, device),
        Map.of(DEVICE, session),
        Map.of(
            CONNECTOR,
            new ConnectorRecord(CONNECTOR, CONNECTORS, "", "", ConnectorRecord.State.ENROLLED)));
  }

  /** The same without the rules that name the application of that host. */
  PolicyConfiguration without(String host) {
    String application = host.substring(0, host.indexOf('.'));
    return configuration.withRules(
        configuration.rules().stream()
            .filter(rule -> !rule.match().targets().applications().contains(application))
            .toList());
  }

  /** The same with rules that ask for no more than what a broker knows by itself. */
  PolicyWorkload asABrokerSeesIt() {
    List<AccessRule> rules =
        configuration.rules().stream()
            .map(rule ->
                new AccessRule(
                    rule.name(),
                    rule.action(),
                    new RuleMatch(
                        rule.match().targets(), rule.match().subjects(), KNOWN_TO_THE_BROKER),
                    rule.mode(),
                    rule.terms()))
            .toList();
    return new PolicyWorkload(configuration.withRules(rules), identities, hosts);
  }

  private static Stream<Integer> some(RandomGenerator random, int count, int bound) {
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
