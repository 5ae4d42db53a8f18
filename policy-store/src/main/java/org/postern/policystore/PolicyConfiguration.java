package org.postern.policystore;

import java.util.List;

/// The whole configuration: what an administrator wrote, as values. The order of rules is their
/// order of evaluation; all other lists are sorted by name.
///
/// @param domains DNS suffixes that are ours, without a leading dot
public record PolicyConfiguration(
    List<String> domains,
    List<ConnectorGroup> connectorGroups,
    List<Application> applications,
    List<Group> groups,
    List<AccessRule> rules,
    List<IdentityProvider> identityProviders) {

  /// Nothing configured: everything is denied.
  public static final PolicyConfiguration EMPTY =
      new PolicyConfiguration(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  /// Copies the lists.
  public PolicyConfiguration {
    domains = List.copyOf(domains);
    connectorGroups = List.copyOf(connectorGroups);
    applications = List.copyOf(applications);
    groups = List.copyOf(groups);
    rules = List.copyOf(rules);
    identityProviders = List.copyOf(identityProviders);
  }
}
