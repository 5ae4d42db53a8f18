package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.TrustedNetwork;

/// The configuration, made ready for being asked. Does not depend on people, so it is shared by all
/// snapshots of one configuration version; parts that did not change are shared with the one
/// before.
final class CompiledPolicy {
  final PolicyConfiguration configuration;
  final Catalog catalog;
  final RuleLayer access;
  final RuleLayer sessions;
  final RuleLayer forwarding;
  final Set<String> connectorGroups = new HashSet<>();
  final DecisionCache decisions;
  private final Map<String, List<String>> groupsByEmail;
  private final Set<String> groupsWithMembers;
  private final ProviderGroups providerGroups;
  private final Map<String, IdentityProvider> providers = new HashMap<>();
  private final Map<String, TrustedNetwork> networks = new HashMap<>();
  private final Map<String, PostureProfile> profiles = new HashMap<>();

  @SuppressWarnings("ReferenceEquality") // The same object is known to be the same without looking.
  CompiledPolicy(PolicyConfiguration configuration, @Nullable CompiledPolicy before) {
    this.configuration = configuration;
    this.catalog =
        before != null && before.catalog.isOf(configuration)
            ? before.catalog
            : new Catalog(configuration);
    this.access = layer(configuration.rules(), before == null ? null : before.access);
    this.sessions = layer(configuration.sessionRules(), before == null ? null : before.sessions);
    this.forwarding =
        layer(configuration.forwardingRules(), before == null ? null : before.forwarding);
    this.decisions = new DecisionCache(catalog.applications.length);
    for (ConnectorGroup group : configuration.connectorGroups()) {
      connectorGroups.add(group.name());
    }
    if (before != null && before.configuration.groups() == configuration.groups()) {
      this.groupsByEmail = before.groupsByEmail;
      this.groupsWithMembers = before.groupsWithMembers;
    } else {
      this.groupsByEmail = new HashMap<>();
      this.groupsWithMembers = new HashSet<>();
      configuration.groups().forEach(this::addMembers);
    }
    configuration.identityProviders().forEach(each -> providers.put(each.name(), each));
    this.providerGroups = new ProviderGroups(configuration);
    configuration.trustedNetworks().forEach(each -> networks.put(each.name(), each));
    configuration.postureProfiles().forEach(each -> profiles.put(each.name(), each));
  }

  private RuleLayer layer(
      List<? extends org.postern.policystore.Rule> rules, @Nullable RuleLayer before) {
    return before != null && before.isOf(rules, catalog)
        ? before
        : new RuleLayer(rules, catalog, before);
  }

  private void addMembers(Group group) {
    if (!group.members().isEmpty()) {
      groupsWithMembers.add(group.name());
    }
    for (String member : group.members()) {
      groupsByEmail.computeIfAbsent(member, key -> new ArrayList<>(1)).add(group.name());
    }
  }

  boolean listsMembers(String group) {
    return groupsWithMembers.contains(group);
  }

  @Nullable TrustedNetwork trustedNetwork(String name) {
    return networks.get(name);
  }

  @Nullable PostureProfile postureProfile(String name) {
    return profiles.get(name);
  }

  /// The groups of a person: those that list the address, and those for which the provider's word
  /// counts.
  Set<String> groupsOf(@Nullable String email, String provider, List<String> said) {
    Set<String> groups = providerGroups.of(provider, said);
    if (email != null) {
      groups.addAll(groupsByEmail.getOrDefault(email, List.of()));
    }
    return groups;
  }

  boolean hasProvider(String provider) {
    return providers.containsKey(provider);
  }

  /// Whether rules may rely on an address that this provider asserts.
  boolean emailCounts(String provider, String email) {
    IdentityProvider configured = providers.get(provider);
    return configured != null && configured.vouchesFor(email, providers.values());
  }

  /// Whether a name lies below one of our domains.
  boolean isBelowOurDomains(String name) {
    for (String domain : configuration.domains()) {
      if (name.length() > domain.length()
          && name.endsWith(domain)
          && name.charAt(name.length() - domain.length() - 1) == '.') {
        return true;
      }
    }
    return false;
  }
}
