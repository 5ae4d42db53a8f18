package org.postern.policystore;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The whole configuration: what an administrator wrote, as values. The order of the three kinds of
/// rules is their order of evaluation; all other lists are sorted by name.
///
/// @param domains DNS suffixes that are ours, without a leading dot
public record PolicyConfiguration(
    List<String> domains,
    List<ConnectorGroup> connectorGroups,
    List<ServerGroup> serverGroups,
    List<TrustedNetwork> trustedNetworks,
    List<PostureProfile> postureProfiles,
    List<Application> applications,
    List<ApplicationGroup> applicationGroups,
    List<Group> groups,
    List<AccessRule> rules,
    List<SessionRule> sessionRules,
    List<ForwardingRule> forwardingRules,
    List<IdentityProvider> identityProviders,
    List<PolicyTest> tests) {

  /// Nothing configured: everything is denied.
  public static final PolicyConfiguration EMPTY =
      new PolicyConfiguration(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

  /// Copies the lists.
  public PolicyConfiguration {
    domains = List.copyOf(domains);
    connectorGroups = List.copyOf(connectorGroups);
    serverGroups = List.copyOf(serverGroups);
    trustedNetworks = List.copyOf(trustedNetworks);
    postureProfiles = List.copyOf(postureProfiles);
    applications = List.copyOf(applications);
    applicationGroups = List.copyOf(applicationGroups);
    groups = List.copyOf(groups);
    rules = List.copyOf(rules);
    sessionRules = List.copyOf(sessionRules);
    forwardingRules = List.copyOf(forwardingRules);
    identityProviders = List.copyOf(identityProviders);
    tests = List.copyOf(tests);
  }

  /// The kinds that nothing works without; the others empty.
  public PolicyConfiguration(
      List<String> domains,
      List<ConnectorGroup> connectorGroups,
      List<Application> applications,
      List<Group> groups,
      List<AccessRule> rules,
      List<IdentityProvider> identityProviders) {
    this(
        domains,
        connectorGroups,
        List.of(),
        List.of(),
        List.of(),
        applications,
        List.of(),
        groups,
        rules,
        List.of(),
        List.of(),
        identityProviders,
        List.of());
  }

  /// The same, with the other's own lists wherever they are equal: what is made of a list need not
  /// be made again of the same one.
  public PolicyConfiguration sharing(PolicyConfiguration other) {
    return new PolicyConfiguration(
        shared(domains, other.domains),
        shared(connectorGroups, other.connectorGroups),
        shared(serverGroups, other.serverGroups),
        shared(trustedNetworks, other.trustedNetworks),
        shared(postureProfiles, other.postureProfiles),
        shared(applications, other.applications),
        shared(applicationGroups, other.applicationGroups),
        shared(groups, other.groups),
        shared(rules, other.rules),
        shared(sessionRules, other.sessionRules),
        shared(forwardingRules, other.forwardingRules),
        shared(identityProviders, other.identityProviders),
        shared(tests, other.tests));
  }

  private static <T> List<T> shared(List<T> own, List<T> others) {
    return own.equals(others) ? others : own;
  }

  /// Only what the other does not have, or has otherwise.
  public PolicyConfiguration without(PolicyConfiguration other) {
    return new PolicyConfiguration(
        others(domains, other.domains),
        others(connectorGroups, other.connectorGroups),
        others(serverGroups, other.serverGroups),
        others(trustedNetworks, other.trustedNetworks),
        others(postureProfiles, other.postureProfiles),
        others(applications, other.applications),
        others(applicationGroups, other.applicationGroups),
        others(groups, other.groups),
        others(rules, other.rules),
        others(sessionRules, other.sessionRules),
        others(forwardingRules, other.forwardingRules),
        others(identityProviders, other.identityProviders),
        others(tests, other.tests));
  }

  private static <T> List<T> others(List<T> own, List<T> known) {
    Set<T> same = new HashSet<>(known);
    return own.stream().filter(each -> !same.contains(each)).toList();
  }

  /// The same with other domains.
  public PolicyConfiguration withDomains(List<String> changed) {
    return new PolicyConfiguration(
        changed,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other connector groups.
  public PolicyConfiguration withConnectorGroups(List<ConnectorGroup> changed) {
    return new PolicyConfiguration(
        domains,
        changed,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other server groups.
  public PolicyConfiguration withServerGroups(List<ServerGroup> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        changed,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other trusted networks.
  public PolicyConfiguration withTrustedNetworks(List<TrustedNetwork> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        changed,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other posture profiles.
  public PolicyConfiguration withPostureProfiles(List<PostureProfile> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        changed,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other applications.
  public PolicyConfiguration withApplications(List<Application> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        changed,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other application groups.
  public PolicyConfiguration withApplicationGroups(List<ApplicationGroup> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        changed,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other groups.
  public PolicyConfiguration withGroups(List<Group> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        changed,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other access rules.
  public PolicyConfiguration withRules(List<AccessRule> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        changed,
        sessionRules,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other session rules.
  public PolicyConfiguration withSessionRules(List<SessionRule> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        changed,
        forwardingRules,
        identityProviders,
        tests);
  }

  /// The same with other forwarding rules.
  public PolicyConfiguration withForwardingRules(List<ForwardingRule> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        changed,
        identityProviders,
        tests);
  }

  /// The same with other identity providers.
  public PolicyConfiguration withIdentityProviders(List<IdentityProvider> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        changed,
        tests);
  }

  /// The same with other policy tests.
  public PolicyConfiguration withTests(List<PolicyTest> changed) {
    return new PolicyConfiguration(
        domains,
        connectorGroups,
        serverGroups,
        trustedNetworks,
        postureProfiles,
        applications,
        applicationGroups,
        groups,
        rules,
        sessionRules,
        forwardingRules,
        identityProviders,
        changed);
  }

  /// How long a sign-in at a provider lasts; as usual for one that is no longer here.
  public Duration sessionLength(String provider) {
    return identityProviders.stream()
        .filter(each -> each.name().equals(provider))
        .findFirst()
        .map(IdentityProvider::sessionLength)
        .orElse(IdentityProvider.SESSION_LENGTH_DEFAULT);
  }
}
