package org.postern.policystore.yaml;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postern.policystore.IdentityProvider;

/// Which provider signs in whom: each mail domain has one.
final class ProviderDomains {
  private ProviderDomains() {}

  /// Takes what is wrong.
  @FunctionalInterface
  interface Complaint {
    void add(String thing, String kind, String message);
  }

  /// Says what is wrong, each with the thing and the kind that it is about.
  static void check(List<IdentityProvider> providers, Complaint complaint) {
    Map<String, String> owners = new HashMap<>();
    String anyDomain = "";
    for (IdentityProvider provider : providers) {
      if (provider.anyDomain() && !anyDomain.isEmpty()) {
        complaint.add(
            "identity provider " + provider.name(),
            "identityProviders",
            "anyDomain: true, and so has identity provider "
                + Problems.quote(anyDomain)
                + " (expected: one provider for a domain)");
      } else if (provider.anyDomain()) {
        anyDomain = provider.name();
      }
      if (provider.domains().isEmpty() && !provider.anyDomain() && providers.size() > 1) {
        complaint.add(
            "identity provider " + provider.name(),
            "identityProviders",
            "identity provider "
                + Problems.quote(provider.name())
                + " has no domains (expected: with several providers, each lists the mail domains"
                + " whose users it signs in, or says anyDomain: true)");
      }
      for (String domain : provider.domains()) {
        String other = owners.putIfAbsent(domain, provider.name());
        if (other != null) {
          complaint.add(
              "identity provider " + provider.name() + " domain " + domain,
              "identityProviders",
              "mail domain "
                  + Problems.quote(domain)
                  + " is also identity provider "
                  + Problems.quote(other)
                  + "'s (expected: one provider for a domain)");
        }
      }
    }
  }
}
