package org.postern.policystore.yaml;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TrustedNetwork;

/// A policy document that says what is wanted, kind by kind. A kind that the document names (a
/// top-level key) is replaced as a whole by what stands there, an empty list included; a kind that
/// it does not name stays as it is. Well formed in itself; how it fits what it leaves in place is
/// asked with [#errorsOver].
public final class PolicyDocument {
  private static final String TESTS = "tests.";

  private final Parts parts;
  private final Map<String, Fields.Place> places;

  PolicyDocument(Parts parts, Map<String, Fields.Place> places) {
    this.parts = parts;
    this.places = Map.copyOf(places);
  }

  /// The kinds, each empty if the document does not name it.
  record Parts(
      Optional<List<String>> domains,
      Optional<List<ConnectorGroup>> connectorGroups,
      Optional<List<ServerGroup>> serverGroups,
      Optional<List<TrustedNetwork>> trustedNetworks,
      Optional<List<PostureProfile>> postureProfiles,
      Optional<List<Application>> applications,
      Optional<List<ApplicationGroup>> applicationGroups,
      Optional<List<Group>> groups,
      Optional<List<AccessRule>> rules,
      Optional<List<SessionRule>> sessionRules,
      Optional<List<ForwardingRule>> forwardingRules,
      Optional<List<IdentityProvider>> identityProviders,
      Optional<List<PolicyTest>> tests) {}

  /// What the configuration will be after this document: its kinds, and the others of the base.
  public PolicyConfiguration over(PolicyConfiguration base) {
    return new PolicyConfiguration(
        parts.domains().orElse(base.domains()),
        parts.connectorGroups().orElse(base.connectorGroups()),
        parts.serverGroups().orElse(base.serverGroups()),
        parts.trustedNetworks().orElse(base.trustedNetworks()),
        parts.postureProfiles().orElse(base.postureProfiles()),
        parts.applications().orElse(base.applications()),
        parts.applicationGroups().orElse(base.applicationGroups()),
        parts.groups().orElse(base.groups()),
        parts.rules().orElse(base.rules()),
        parts.sessionRules().orElse(base.sessionRules()),
        parts.forwardingRules().orElse(base.forwardingRules()),
        parts.identityProviders().orElse(base.identityProviders()),
        parts.tests().orElse(base.tests()));
  }

  /// What would be wrong with the configuration after this document; empty: nothing.
  ///
  /// @param roles of administrators, all that there are
  public List<PolicyError> errorsOver(
      PolicyConfiguration base, PolicyLimits limits, Set<String> roles) {
    Problems problems = new Problems(limits.errors());
    Consistency consistency = new Consistency(this, over(base), problems, true);
    consistency.check(limits);
    consistency.checkKeptSecrets(base);
    parts.identityProviders().orElse(List.of()).forEach(each -> checkRoles(each, roles, problems));
    return problems.sorted();
  }

  private void checkRoles(IdentityProvider provider, Set<String> roles, Problems problems) {
    for (RoleMapping mapping : provider.administrators()) {
      if (!roles.contains(mapping.role())) {
        Fields.Place place =
            place(IdentityProviderReader.rolePlace(provider.name(), mapping), "identityProviders");
        problems.add(
            place.line(),
            place.column(),
            place.path(),
            "there is no role "
                + Problems.quote(mapping.role())
                + " (expected: one of "
                + String.join(", ", new TreeSet<>(roles))
                + ")");
      }
    }
  }

  /// A mistake about a policy test with the place where the document says it. The path is
  /// `tests.NAME`; unchanged if the document leaves the tests as they are.
  public PolicyError placed(PolicyError error) {
    if (!error.path().startsWith(TESTS)) {
      return error;
    }
    Fields.Place place = places.get(TestReader.place(error.path().substring(TESTS.length())));
    return place == null
        ? error
        : new PolicyError(place.line(), place.column(), place.path(), error.message());
  }

  /// Whether the document names a kind.
  boolean names(String kind) {
    return places.containsKey(kind);
  }

  /// Where a thing stands, or else the kind that it is missing from, or else the top.
  Fields.Place place(String thing, String kind) {
    Fields.Place top = places.getOrDefault(kind, new Fields.Place(1, 1, ""));
    return places.getOrDefault(thing, top);
  }
}
