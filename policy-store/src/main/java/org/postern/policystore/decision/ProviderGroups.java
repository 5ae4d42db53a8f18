package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Group;
import org.postern.policystore.PolicyConfiguration;

/// Which groups a provider's words mean. A name that one provider gives away means nothing at
/// another.
final class ProviderGroups {
  private final Map<Group.Source, List<String>> bySource = new HashMap<>();
  private final Set<String> withSources = new HashSet<>();
  private final @Nullable String only;

  ProviderGroups(PolicyConfiguration configuration) {
    this.only =
        configuration.identityProviders().size() == 1
            ? configuration.identityProviders().getFirst().name()
            : null;
    for (Group group : configuration.groups()) {
      for (Group.Source source : group.sources()) {
        withSources.add(group.name());
        bySource.computeIfAbsent(source, key -> new ArrayList<>(1)).add(group.name());
      }
    }
  }

  /// The groups that somebody is in by a provider's word; the caller may add to them.
  ///
  /// @param said the provider's names for its own groups
  Set<String> of(String provider, List<String> said) {
    Set<String> groups = new HashSet<>();
    boolean alone = provider.equals(only);
    for (String name : said) {
      if (alone && !withSources.contains(name)) {
        groups.add(name);
      }
      if (!bySource.isEmpty()) {
        groups.addAll(bySource.getOrDefault(new Group.Source(provider, name), List.of()));
      }
    }
    return groups;
  }
}
