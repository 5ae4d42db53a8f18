package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.Condition;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleReferences;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.TrustedNetwork;
import org.postern.policystore.Truth;

/// Checks how the things of a configuration fit together: names that are not defined, hosts that
/// two applications claim, addresses that need a word of consent, mail domains of two providers.
final class Consistency {
  /// As many as the engine lets take part.
  private static final int APPLICATIONS_PER_HOST_MAX = 64;

  private final PolicyDocument document;
  private final PolicyConfiguration configuration;
  private final Problems problems;
  private final boolean whole;

  /// Prepares a check.
  ///
  /// @param whole false: the document is looked at alone, and references to kinds that it does not
  ///   name are left for later
  Consistency(
      PolicyDocument document,
      PolicyConfiguration configuration,
      Problems problems,
      boolean whole) {
    this.document = document;
    this.configuration = configuration;
    this.problems = problems;
    this.whole = whole;
  }

  /// Also checks that the client secrets that are to be kept are there.
  void checkKeptSecrets(PolicyConfiguration base) {
    Set<String> storedSecrets = new HashSet<>();
    for (IdentityProvider provider : base.identityProviders()) {
      if (provider.secret() instanceof ClientSecret.Kept) {
        storedSecrets.add(provider.name());
      }
    }
    for (IdentityProvider provider : configuration.identityProviders()) {
      if (provider.secret() instanceof ClientSecret.Kept
          && !storedSecrets.contains(provider.name())) {
        add(
            "identity provider " + provider.name(),
            "identityProviders",
            "clientSecretKept: true, but no client secret of "
                + Problems.quote(provider.name())
                + " is stored (expected: clientSecret, clientSecretFile or clientSecretEnv)");
      }
    }
  }

  void check(PolicyLimits limits) {
    Map<String, Set<String>> defined =
        Map.of(
            "application", names(configuration.applications(), Application::name),
            "application group", names(configuration.applicationGroups(), ApplicationGroup::name),
            "group", names(configuration.groups(), Group::name),
            "connector group", names(configuration.connectorGroups(), ConnectorGroup::name),
            "server group", names(configuration.serverGroups(), ServerGroup::name),
            "trusted network", names(configuration.trustedNetworks(), TrustedNetwork::name),
            "posture profile", names(configuration.postureProfiles(), PostureProfile::name),
            "identity provider", names(configuration.identityProviders(), IdentityProvider::name),
            "rule", names(configuration.rules(), AccessRule::name));
    List<Rule> rules = new ArrayList<>(configuration.rules());
    rules.addAll(configuration.sessionRules());
    rules.addAll(configuration.forwardingRules());
    long references = 0;
    Set<String> ruleNames = new HashSet<>();
    for (Rule rule : rules) {
      references += rule.match().targets().applications().size();
      if (!ruleNames.add(rule.name())) {
        add(
            "rule " + rule.name(),
            "rules",
            "rule "
                + Problems.quote(rule.name())
                + " stands in two lists (expected: one name, one rule)");
      }
      RuleReferences.of(rule)
          .forEach(to ->
              reference(
                  new Reference("rule", rule.name(), to.kind(), to.name()),
                  defined.getOrDefault(to.kind(), Set.of())));
      checkUnknown(rule);
    }
    if (references > limits.references()) {
      add(
          "rules",
          "rules",
          "rules name applications "
              + references
              + " times (expected: at most "
              + limits.references()
              + ")");
    }
    for (Group group : configuration.groups()) {
      for (Group.Source source : group.sources()) {
        reference(
            new Reference("group", group.name(), "identity provider", source.provider()),
            defined.getOrDefault("identity provider", Set.of()));
      }
    }
    checkPlaces(defined);
    checkClaims();
    ProviderDomains.check(configuration.identityProviders(), this::add);
    checkTests(defined);
  }

  private void checkPlaces(Map<String, Set<String>> defined) {
    Map<String, ServerGroup> serverGroups = new HashMap<>();
    configuration.serverGroups().forEach(each -> serverGroups.put(each.name(), each));
    for (Application application : configuration.applications()) {
      for (String name : application.connectorGroups()) {
        reference(
            new Reference("application", application.name(), "connector group", name),
            defined.getOrDefault("connector group", Set.of()));
      }
      for (String name : application.serverGroups()) {
        reference(
            new Reference("application", application.name(), "server group", name),
            defined.getOrDefault("server group", Set.of()));
      }
      checkAddresses(application, serverGroups);
    }
    for (ServerGroup group : configuration.serverGroups()) {
      for (String name : group.connectorGroups()) {
        reference(
            new Reference("server group", group.name(), "connector group", name),
            defined.getOrDefault("connector group", Set.of()));
      }
    }
    for (ApplicationGroup group : configuration.applicationGroups()) {
      for (String name : group.applications()) {
        reference(
            new Reference("application group", group.name(), "application", name),
            defined.getOrDefault("application", Set.of()));
      }
    }
  }

  private void checkTests(Map<String, Set<String>> defined) {
    for (PolicyTest test : configuration.tests()) {
      RuleReferences.of(test)
          .forEach(to ->
              reference(
                  new Reference("test", test.name(), to.kind(), to.name()),
                  defined.getOrDefault(to.kind(), Set.of())));
    }
  }

  private static <T> Set<String> names(List<T> things, Function<T, String> nameOf) {
    Set<String> names = new HashSet<>();
    things.forEach(thing -> names.add(nameOf.apply(thing)));
    return names;
  }

  /// "Unknown" may be asked for only where learning the result cannot take away what it gave.
  private void checkUnknown(Rule rule) {
    for (Condition condition : rule.match().conditions()) {
      boolean unknown =
          condition.operand() instanceof Operand.Posture(var results)
              && results.stream().anyMatch(result -> result.result() == Truth.UNKNOWN);
      AccessRule.Action wanted =
          condition.negated() ? AccessRule.Action.ALLOW : AccessRule.Action.DENY;
      if (unknown && !(rule instanceof AccessRule access && access.action() == wanted)) {
        add(
            "rule " + rule.name(),
            "rules",
            "rule "
                + Problems.quote(rule.name())
                + " asks for an unknown posture result (expected: in a rule that denies, or with"
                + " not: true in a rule that allows; elsewhere a missing report could add access)");
      }
    }
  }

  /// `rule staff-to-payments` names `application payments`.
  private record Reference(String fromKind, String from, String toKind, String to) {
    String place() {
      return fromKind + " " + from + " " + toKind + " " + to;
    }
  }

  private static String key(String kind) {
    return switch (kind) {
      case "rule" -> "rules";
      case "application" -> "applications";
      case "application group" -> "applicationGroups";
      case "group" -> "groups";
      case "trusted network" -> "trustedNetworks";
      case "posture profile" -> "postureProfiles";
      case "identity provider" -> "identityProviders";
      case "server group" -> "serverGroups";
      case "test" -> "tests";
      default -> "connectorGroups";
    };
  }

  private void reference(Reference reference, Collection<String> defined) {
    if (defined.contains(reference.to())) {
      return;
    }
    boolean definitionsHere = document.names(key(reference.toKind()));
    if (!whole && !definitionsHere) {
      return;
    }
    String to = reference.toKind() + " " + Problems.quote(reference.to());
    if (document.names(key(reference.fromKind()))) {
      add(
          reference.place(),
          key(reference.fromKind()),
          "unknown "
              + to
              + Suggestion.of(reference.to(), defined)
              + " (expected: one that "
              + key(reference.toKind())
              + " lists"
              + (reference.toKind().equals("group")
                  ? "; members may be left out if the identity provider knows them)"
                  : ")"));
    } else {
      add(
          key(reference.toKind()),
          key(reference.toKind()),
          to
              + " is missing here, and "
              + reference.fromKind()
              + " "
              + Problems.quote(reference.from())
              + ", which stays as it is, names it; keep it, or replace "
              + key(reference.fromKind())
              + " too");
    }
  }

  private void add(String thing, String kind, String message) {
    Fields.Place place = document.place(thing, kind);
    problems.add(place.line(), place.column(), place.path(), message);
  }

  private void checkAddresses(Application application, Map<String, ServerGroup> serverGroups) {
    String place = "application " + application.name();
    for (HostPattern host : application.hosts()) {
      AddressConsent.objection(application, host)
          .ifPresent(said -> add(place + " host " + host.text(), "applications", said));
    }
    for (String name : application.serverGroups()) {
      ServerGroup group = serverGroups.get(name);
      if (group != null) {
        for (Server server : group.servers()) {
          AddressConsent.objection(application, name, server)
              .ifPresent(said -> refuse(application, name, server, said));
        }
      }
    }
  }

  /// Where the document speaks of it: at the application's word, or else at the server itself.
  private void refuse(Application application, String group, Server server, String said) {
    if (document.names("applications")) {
      add("application " + application.name() + " server group " + group, "applications", said);
    } else {
      add("server group " + group + " server " + server.text(), "serverGroups", said);
    }
  }

  /// Two applications may list the same host only with different ports; otherwise it would be a
  /// matter of luck whose rules count.
  private void checkClaims() {
    Map<String, List<Application>> claims = new HashMap<>();
    for (Application application : configuration.applications()) {
      for (HostPattern host : application.hosts()) {
        List<Application> others = claims.computeIfAbsent(host.text(), key -> new ArrayList<>(1));
        for (Application other : others) {
          boolean inclusive = isInclusive(other) && isInclusive(application);
          if (!inclusive
              && (overlap(other.tcp(), application.tcp())
                  || overlap(other.udp(), application.udp()))) {
            add(
                "application " + application.name() + " host " + host.text(),
                "applications",
                "host "
                    + Problems.quote(host.text())
                    + " is also in application "
                    + Problems.quote(other.name())
                    + " with some of the same ports (expected: one application for a host and"
                    + " port, or different ports, or matching: inclusive in both)");
          }
        }
        others.add(application);
        if (others.size() == APPLICATIONS_PER_HOST_MAX + 1) {
          add(
              "application " + application.name() + " host " + host.text(),
              "applications",
              "host "
                  + Problems.quote(host.text())
                  + " is in more than "
                  + APPLICATIONS_PER_HOST_MAX
                  + " applications (expected: at most so many)");
        }
      }
    }
  }

  private static boolean isInclusive(Application application) {
    return application.traits().matching() == ApplicationTraits.Matching.INCLUSIVE;
  }

  private static boolean overlap(List<PortRange> left, List<PortRange> right) {
    int i = 0;
    int j = 0;
    while (i < left.size() && j < right.size()) {
      if (left.get(i).overlaps(right.get(j))) {
        return true;
      }
      if (left.get(i).high() < right.get(j).low()) {
        i++;
      } else {
        j++;
      }
    }
    return false;
  }
}
