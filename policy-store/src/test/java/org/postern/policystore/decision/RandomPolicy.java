package org.postern.policystore.decision;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ClientType;
import org.postern.policystore.Condition;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Label;
import org.postern.policystore.Obligations;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TimeWindow;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;

/// Small configurations in which everything collides, out of a seed, with every operand.
public final class RandomPolicy {
  /// A Friday; two days later clocks change in Berlin.
  static final Instant START = Instant.parse("2026-03-27T12:00:00Z");

  static final List<String> PATTERNS =
      List.of(
          "a.x",
          "b.x",
          "*.x",
          "*.b.x",
          "*.a.b.x",
          "a.y",
          "*.y",
          "x",
          "*.z.y",
          "?.x",
          "*a.x",
          "c*.b.x",
          "*a*",
          "10.0.0.0/8",
          "10.0.0.0/16",
          "10.0.0.0/24",
          "10.0.0.1",
          "0.0.0.0/0",
          "fd00::/8",
          "fd00::1",
          "::/0");
  static final List<String> GROUPS = List.of("g0", "g1", "g2", "g3");
  static final List<String> APPLICATION_GROUPS = List.of("ag0", "ag1");
  static final List<String> PROFILES = List.of("disk", "edr");
  static final List<String> NETWORKS = List.of("office", "lab");
  static final List<String> COUNTRIES = List.of("DE", "FR", "US");
  static final List<Label> LABELS =
      List.of(new Label("env", "prod"), new Label("env", "test"), new Label("owner", "pay"));
  static final List<String> SOURCES = List.of("192.0.2.0/24", "192.0.2.7", "2001:db8::/32");

  private final SplittableRandom random;

  public RandomPolicy(SplittableRandom random) {
    this.random = random;
  }

  public PolicyConfiguration configuration() {
    List<Application> applications = applications();
    List<String> names = applications.stream().map(Application::name).toList();
    List<AccessRule> rules = new ArrayList<>();
    int count = random.nextInt(20) == 0 ? 70 : random.nextInt(2, 12);
    for (int i = 0; i < count; i++) {
      rules.add(accessRule("rule" + i, names));
    }
    List<SessionRule> sessions = new ArrayList<>();
    for (int i = 0; i < random.nextInt(0, 4); i++) {
      sessions.add(
          new SessionRule(
              "session" + i,
              match(names),
              mode(),
              expires(),
              random.nextBoolean() ? Duration.ofHours(random.nextInt(1, 60)) : Duration.ZERO,
              random.nextBoolean() ? Duration.ofMinutes(random.nextInt(1, 60)) : Duration.ZERO));
    }
    // Apart from the sequence that all else is drawn from: worlds stay as they were.
    SplittableRandom apart = new SplittableRandom(rules.toString().hashCode());
    List<IdentityProvider> providers =
        providers().stream().map(each -> varied(each, apart)).toList();
    return new PolicyConfiguration(
            List.of("y"),
            List.of(new ConnectorGroup("vpc-a"), new ConnectorGroup("vpc-b")),
            applications,
            List.of(
                new Group("g0", List.of(email(0), email(1))),
                new Group("g1", List.of(), sources("g1", providers, apart)),
                new Group("g2", List.of(email(2)), sources("g2", providers, apart)),
                new Group("g3", List.of())),
            rules,
            providers)
        .withSessionRules(sessions)
        .withApplicationGroups(
            APPLICATION_GROUPS.stream()
                .map(name -> new ApplicationGroup(name, some(names).stream().sorted().toList()))
                .toList())
        .withPostureProfiles(
            List.of(
                new PostureProfile(
                    "disk", List.of(Platform.LINUX, Platform.WINDOWS), "", encrypted()),
                new PostureProfile("edr", List.of(Platform.values()), "", encrypted())))
        .withTrustedNetworks(
            List.of(
                new TrustedNetwork("lab", List.of()),
                new TrustedNetwork("office", List.of(range("192.0.2.0/24")))));
  }

  /// The same with forwarding rules, and applications that clients leave alone.
  public PolicyConfiguration withForwarding(PolicyConfiguration plain) {
    List<Application> applications =
        plain.applications().stream().map(this::perhapsBypassed).toList();
    List<String> names = applications.stream().map(Application::name).toList();
    List<ForwardingRule> rules = new ArrayList<>();
    for (int i = 0; i < random.nextInt(0, 4); i++) {
      rules.add(
          new ForwardingRule(
              "forwarding" + i,
              match(names),
              mode(),
              expires(),
              pick(List.of(ForwardingRule.Forwarding.values()))));
    }
    return plain.withApplications(applications).withForwardingRules(rules);
  }

  private Application perhapsBypassed(Application plain) {
    ApplicationTraits traits = plain.traits();
    ApplicationTraits.Bypass bypass =
        random.nextInt(4) == 0
            ? pick(List.of(ApplicationTraits.Bypass.values()))
            : ApplicationTraits.Bypass.NEVER;
    return new Application(
        plain.name(),
        plain.hosts(),
        plain.tcp(),
        plain.udp(),
        plain.connectorGroups(),
        plain.obligations(),
        new ApplicationTraits(
            traits.labels(), traits.matching(), traits.health(), traits.exists(), bypass));
  }

  private static PostureTerms encrypted() {
    return new PostureTerms(
        List.of(new PostureRequirement.DiskEncrypted()),
        PostureTerms.AGE_MAX_DEFAULT,
        Duration.ZERO);
  }

  private List<Application> applications() {
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < random.nextInt(1, 7); i++) {
      int low = random.nextInt(1, 4);
      List<PortRange> ports = List.of(new PortRange(low, low + 1));
      applications.add(
          new Application(
              "app" + i,
              some(PATTERNS).stream().sorted().map(RandomPolicy::pattern).toList(),
              ports,
              random.nextBoolean() ? ports : List.of(),
              List.of("vpc-a"),
              random.nextBoolean()
                  ? Obligations.NONE
                  : new Obligations(Duration.ofMinutes(20), Duration.ZERO, false, false, false),
              new ApplicationTraits(
                  random.nextBoolean() ? some(LABELS) : List.of(),
                  random.nextBoolean()
                      ? ApplicationTraits.Matching.INCLUSIVE
                      : ApplicationTraits.Matching.EXCLUSIVE,
                  ApplicationTraits.HealthMode.CONTINUOUS,
                  random.nextInt(6) == 0
                      ? some(List.of(ClientType.values()))
                      : List.of(ClientType.values()),
                  ApplicationTraits.Bypass.NEVER)));
    }
    return applications;
  }

  AccessRule accessRule(String name, List<String> applications) {
    AccessRule.Action action =
        switch (random.nextInt(8)) {
          case 0, 1 -> AccessRule.Action.DENY;
          case 2 -> AccessRule.Action.STEP_UP;
          case 3 -> AccessRule.Action.REQUIRE_APPROVAL;
          default -> AccessRule.Action.ALLOW;
        };
    AccessRule.SignInStrength strength =
        action == AccessRule.Action.STEP_UP
            ? new AccessRule.SignInStrength(
                Duration.ofHours(random.nextInt(1, 50)),
                random.nextBoolean() ? List.of("hwk") : List.of(),
                random.nextBoolean() ? List.of("gold") : List.of())
            : AccessRule.SignInStrength.NONE;
    return new AccessRule(
        name,
        action,
        match(applications),
        mode(),
        new AccessRule.Terms(
            random.nextInt(8) == 0 ? "Ask the desk." : "",
            random.nextInt(8) == 0 ? List.of("vpc-b") : List.of(),
            expires(),
            strength));
  }

  private @Nullable Instant expires() {
    return random.nextInt(8) == 0 ? START.plusSeconds(random.nextInt(345_600)) : null;
  }

  private RuleMode mode() {
    return switch (random.nextInt(12)) {
      case 0 -> new RuleMode.Off();
      case 1 -> new RuleMode.ReportOnly();
      case 2 -> new RuleMode.EnforceGroup(pick(GROUPS));
      default -> RuleMode.ENFORCE;
    };
  }

  private RuleMatch match(List<String> applications) {
    List<Condition> conditions = new ArrayList<>();
    for (int i = random.nextInt(0, 4); i < 3; i += 2) {
      conditions.add(new Condition(random.nextInt(3) == 0, operand(applications)));
    }
    RuleMatch.Targets targets =
        switch (random.nextInt(6)) {
          case 0 -> RuleMatch.Targets.ANY;
          case 1 -> new RuleMatch.Targets(false, List.of(), some(APPLICATION_GROUPS), List.of());
          case 2 -> new RuleMatch.Targets(false, List.of(), List.of(), some(LABELS));
          default -> new RuleMatch.Targets(false, some(applications), List.of(), List.of());
        };
    RuleMatch.Subjects subjects =
        switch (random.nextInt(4)) {
          case 0, 1 -> RuleMatch.Subjects.ANYONE;
          case 2 -> new RuleMatch.Subjects(false, List.of(), List.of(email(random.nextInt(6))));
          default -> new RuleMatch.Subjects(false, some(GROUPS), List.of());
        };
    return new RuleMatch(targets, subjects, conditions);
  }

  private Operand operand(List<String> applications) {
    List<Supplier<Operand>> operands =
        List.of(
            () -> new Operand.Applications(some(applications)),
            () -> new Operand.ApplicationGroups(some(APPLICATION_GROUPS)),
            () -> new Operand.Labels(some(LABELS)),
            () -> new Operand.Users(List.of(email(random.nextInt(6)))),
            () -> new Operand.Groups(some(GROUPS)),
            () -> new Operand.Attribute(pick(List.of("dept", "site")), some(List.of("a", "b"))),
            () -> new Operand.Providers(some(List.of("p0", "p1"))),
            () -> new Operand.Workloads(List.of("builder")),
            () -> new Operand.ClientTypes(some(List.of(ClientType.values()))),
            () -> new Operand.Platforms(some(List.of(Platform.LINUX, Platform.MACOS))),
            () -> new Operand.Posture(List.of(postureResult())),
            () -> new Operand.Posture(List.of(postureResult(), postureResult())),
            () -> new Operand.TrustedNetworks(some(NETWORKS)),
            () -> new Operand.Sources(some(SOURCES).stream().map(RandomPolicy::range).toList()),
            () -> new Operand.Countries(some(COUNTRIES)),
            () -> new Operand.Risks(some(List.of(RiskLevel.values()))),
            () -> new Operand.Times(List.of(window())),
            () -> new Operand.AuthenticationAge(Duration.ofHours(random.nextInt(1, 60))),
            () -> new Operand.AuthenticationMethods(some(List.of("hwk", "pwd"))),
            () -> new Operand.AuthenticationContexts(some(List.of("gold", "silver"))));
    return operands.get(random.nextInt(operands.size())).get();
  }

  private Operand.PostureResult postureResult() {
    return new Operand.PostureResult(pick(PROFILES), pick(List.of(Truth.values())));
  }

  private TimeWindow window() {
    return new TimeWindow(
        some(List.of(DayOfWeek.values())),
        random.nextInt(1_440),
        random.nextInt(1, 1_441),
        ZoneId.of(pick(List.of("Europe/Berlin", "UTC", "America/New_York"))));
  }

  private static List<Group.Source> sources(
      String own, List<IdentityProvider> providers, SplittableRandom apart) {
    Set<Group.Source> sources = new HashSet<>();
    for (int i = apart.nextInt(3); i > 0; i--) {
      String provider = providers.get(apart.nextInt(providers.size())).name();
      String group = apart.nextBoolean() ? own : GROUPS.get(apart.nextInt(GROUPS.size()));
      sources.add(new Group.Source(provider, group));
    }
    return sources.stream().sorted(Comparator.comparing(source -> source.text(own))).toList();
  }

  private List<IdentityProvider> providers() {
    List<IdentityProvider> providers = new ArrayList<>();
    providers.add(provider("p0", random.nextBoolean() ? List.of() : List.of("even.test")));
    if (random.nextBoolean()) {
      providers.add(provider("p1", random.nextBoolean() ? List.of() : List.of("odd.test")));
    }
    return providers;
  }

  private static IdentityProvider varied(IdentityProvider plain, SplittableRandom apart) {
    List<String> scopes = apart.nextBoolean() ? List.of() : List.of("email", "groups");
    List<RoleMapping> administrators =
        apart.nextBoolean()
            ? List.of()
            : List.of(
                new RoleMapping("", "ops: all", "operator"),
                new RoleMapping("", "on", apart.nextBoolean() ? "auditor" : "owner"));
    return new IdentityProvider(
        plain.name(),
        apart.nextInt(4) == 0
            ? RandomSaml.of(apart)
            : new IdentityProvider.OpenIdConnect(
                "https://x", "c", new ClientSecret.None(), false, scopes, apart.nextBoolean()),
        plain.domains(),
        false,
        plain.audiences(),
        plain.attributes(),
        Duration.ofMinutes(apart.nextInt(5, 90 * 24 * 60)),
        administrators,
        apart.nextInt(1, 1_001));
  }

  private static IdentityProvider provider(String name, List<String> domains) {
    return new IdentityProvider(
        name, "https://x", "c", new ClientSecret.None(), "groups", domains, false);
  }

  static String email(int user) {
    return "u" + user + (user % 2 == 0 ? "@even.test" : "@odd.test");
  }

  static AddressRange range(String text) {
    return AddressRange.parse(text).orElseThrow();
  }

  static HostPattern pattern(String text) {
    boolean wild = text.startsWith("*.");
    String rest = wild ? text.substring(2) : text;
    if (rest.contains("*") || rest.contains("?")) {
      return new HostPattern.Glob(text);
    }
    return wild
        ? new HostPattern.WildcardName(rest)
        : AddressRange.parse(text)
            .<HostPattern>map(HostPattern.Addresses::new)
            .orElseGet(() -> new HostPattern.ExactName(text));
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /// One to three of them.
  <T> List<T> some(List<T> from) {
    Set<T> chosen = new HashSet<>();
    for (int i = 0; i < random.nextInt(1, 4); i++) {
      chosen.add(pick(from));
    }
    return List.copyOf(chosen);
  }
}
