package org.postern.policystore.yaml;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;

/// A policy document that says what is wanted, kind by kind. A kind that the document names (a
/// top-level key) is replaced as a whole by what stands there, an empty list included; a kind that
/// it does not name stays as it is. Well formed in itself: references to kinds that it does not
/// name are checked when it is applied.
public final class PolicyDocument {
  private final Parts parts;
  private final Map<String, Location> locations;

  PolicyDocument(Parts parts, Map<String, Location> locations) {
    this.parts = parts;
    this.locations = Map.copyOf(locations);
  }

  /// The kinds, each empty if the document does not name it.
  record Parts(
      Optional<List<String>> domains,
      Optional<List<ConnectorGroup>> connectorGroups,
      Optional<List<Application>> applications,
      Optional<List<Group>> groups,
      Optional<List<AccessRule>> rules,
      Optional<List<IdentityProvider>> identityProviders) {}

  /// Where something stands in the text.
  record Location(int line, int column) {}

  Location location(String path) {
    return locations.getOrDefault(path, new Location(1, 1));
  }

  /// What the configuration will be after this document: its kinds, and the others of the base.
  public PolicyConfiguration over(PolicyConfiguration base) {
    return new PolicyConfiguration(
        parts.domains().orElse(base.domains()),
        parts.connectorGroups().orElse(base.connectorGroups()),
        parts.applications().orElse(base.applications()),
        parts.groups().orElse(base.groups()),
        parts.rules().orElse(base.rules()),
        parts.identityProviders().orElse(base.identityProviders()));
  }

  Parts parts() {
    return parts;
  }
}
