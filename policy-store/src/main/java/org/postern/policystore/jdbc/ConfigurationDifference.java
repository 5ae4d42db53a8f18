package org.postern.policystore.jdbc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.Rule;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TrustedNetwork;

/// What has to happen to one configuration to become another, kind by kind.
final class ConfigurationDifference {
  /// The things of one kind that go, and those that come or are other than before.
  ///
  /// @param gone names of things that are removed or replaced
  /// @param fresh things that are added or take the place of what is gone
  record Kind<T>(String word, Set<String> gone, List<T> fresh) {
    boolean isEmpty() {
      return gone.isEmpty() && fresh.isEmpty();
    }
  }

  final Kind<String> domains;
  final Kind<ConnectorGroup> connectorGroups;
  final Kind<ServerGroup> serverGroups;
  final Kind<PostureProfile> postureProfiles;
  final Kind<Application> applications;
  final Kind<Group> groups;
  final Kind<AccessRule> rules;
  final Kind<SessionRule> sessionRules;
  final Kind<ForwardingRule> forwardingRules;
  final Kind<TrustedNetwork> trustedNetworks;
  final Kind<ApplicationGroup> applicationGroups;
  final Kind<IdentityProvider> identityProviders;
  final Kind<PolicyTest> tests;
  private final List<String> changes = new ArrayList<>();

  ConfigurationDifference(PolicyConfiguration before, PolicyConfiguration after) {
    this.domains = kind("domain", before.domains(), after.domains(), name -> name);
    this.connectorGroups =
        kind(
            "connector group",
            before.connectorGroups(),
            after.connectorGroups(),
            ConnectorGroup::name);
    this.serverGroups =
        kind("server group", before.serverGroups(), after.serverGroups(), ServerGroup::name);
    this.trustedNetworks =
        kind(
            "trusted network",
            before.trustedNetworks(),
            after.trustedNetworks(),
            TrustedNetwork::name);
    this.postureProfiles =
        kind(
            "posture profile",
            before.postureProfiles(),
            after.postureProfiles(),
            PostureProfile::name);
    this.applications =
        kind("application", before.applications(), after.applications(), Application::name);
    this.applicationGroups =
        kind(
            "application group",
            before.applicationGroups(),
            after.applicationGroups(),
            ApplicationGroup::name);
    this.groups = kind("group", before.groups(), after.groups(), Group::name);
    this.rules = kind("rule", before.rules(), after.rules(), AccessRule::name);
    this.sessionRules =
        kind("session rule", before.sessionRules(), after.sessionRules(), SessionRule::name);
    this.forwardingRules =
        kind(
            "forwarding rule",
            before.forwardingRules(),
            after.forwardingRules(),
            ForwardingRule::name);
    moved("rules", before.rules(), after.rules());
    moved("session rules", before.sessionRules(), after.sessionRules());
    moved("forwarding rules", before.forwardingRules(), after.forwardingRules());
    this.identityProviders =
        kind(
            "identity provider",
            before.identityProviders(),
            after.identityProviders(),
            IdentityProvider::name);
    this.tests = kind("test", before.tests(), after.tests(), PolicyTest::name);
  }

  /// One line for each change, in the order of kinds and names.
  List<String> changes() {
    return changes;
  }

  private <T> Kind<T> kind(String word, List<T> before, List<T> after, Function<T, String> nameOf) {
    Map<String, T> known = new LinkedHashMap<>();
    before.forEach(thing -> known.put(nameOf.apply(thing), thing));
    Map<String, T> wanted = new HashMap<>();
    after.forEach(thing -> wanted.put(nameOf.apply(thing), thing));
    Set<String> gone = new HashSet<>();
    List<T> fresh = new ArrayList<>();
    for (Map.Entry<String, T> thing : known.entrySet()) {
      if (!wanted.containsKey(thing.getKey())) {
        gone.add(thing.getKey());
        changes.add(word + " " + thing.getKey() + ": removed");
      }
    }
    for (T thing : after) {
      String name = nameOf.apply(thing);
      T old = known.get(name);
      if (old == null) {
        fresh.add(thing);
        changes.add(word + " " + name + ": added");
      } else if (!old.equals(thing)) {
        gone.add(name);
        fresh.add(thing);
        changes.add(word + " " + name + ": changed");
      }
    }
    return new Kind<>(word, gone, fresh);
  }

  private void moved(String words, List<? extends Rule> before, List<? extends Rule> after) {
    if (!common(before, after).equals(common(after, before))) {
      changes.add(words + ": new order");
    }
  }

  /// The names of the first list's rules that the second has too, in order.
  private static List<String> common(List<? extends Rule> first, List<? extends Rule> second) {
    Set<String> names = new HashSet<>();
    second.forEach(rule -> names.add(rule.name()));
    return first.stream().map(Rule::name).filter(names::contains).toList();
  }
}
