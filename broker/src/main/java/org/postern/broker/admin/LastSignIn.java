package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.jdbc.ProviderNotes;

/** What the last sign-in through a provider lacked of what the configuration reads. */
final class LastSignIn {
  private LastSignIn() {}

  static List<Finding> findings(IdentityProvider provider, ProviderNotes.Note last) {
    List<Finding> findings = new ArrayList<>();
    for (Map.Entry<String, String> each : new TreeMap<>(provider.attributes().named()).entrySet()) {
      if (!last.said().containsKey(each.getValue())) {
        findings.add(
            new Finding(
                Grade.WARNING,
                "attribute " + each.getKey(),
                "the last sign-in had no %s. Let the provider release it, or write another name"
                        .formatted(each.getValue())
                    + " under attributes (below is what it said)."));
      }
    }
    String groups = provider.attributes().groups();
    boolean needed = provider.administrators().stream().anyMatch(LastSignIn::isByGroup);
    if (needed && !last.said().containsKey(groups)) {
      findings.add(
          new Finding(
              Grade.WARNING,
              "groups",
              "the last sign-in had no %s, by which administrators get their roles. Let the provider"
                      .formatted(groups)
                  + " release it, or set groupsClaim."));
    }
    return findings;
  }

  static Finding finding(ProviderNotes.Refusal refusal) {
    return new Finding(
        Grade.WRONG,
        "test sign-in",
        "the one at %s was refused: %s".formatted(refusal.at(), refusal.why()));
  }

  private static boolean isByGroup(RoleMapping mapping) {
    return mapping.attribute().isEmpty();
  }
}
