package org.postern.acceptance.bench;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;

/**
 * First match as one would write it in an afternoon, and as a check of the fast one: find the
 * application by name, then ask every rule in order whether it names the application and one of the
 * user's groups.
 */
final class NaivePolicy {
  private record Rule(boolean allow, Set<String> applications, List<String> groups) {}

  private final Map<String, Application> byHost = new HashMap<>();
  private final List<Rule> rules;

  NaivePolicy(PolicyConfiguration configuration) {
    configuration
        .applications()
        .forEach(application ->
            application.hosts().forEach(host -> byHost.put(host.text(), application)));
    rules =
        configuration.rules().stream()
            .map(rule ->
                new Rule(
                    rule.action() == AccessRule.Action.ALLOW,
                    new HashSet<>(rule.match().targets().applications()),
                    rule.match().subjects().groups()))
            .toList();
  }

  boolean allows(Set<String> groups, String host) {
    Application application = byHost.get(host);
    if (application == null) {
      return false;
    }
    for (Rule rule : rules) {
      if (rule.applications().contains(application.name())
          && rule.groups().stream().anyMatch(groups::contains)) {
        return rule.allow();
      }
    }
    return false;
  }
}
