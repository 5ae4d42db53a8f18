package org.postern.broker.signin;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.jdbc.ClientSecrets;

/**
 * The configured identity providers. What was learned of one by discovery is kept for as long as
 * its configuration stays the same. Safe on any thread.
 */
final class Providers {
  private final Supplier<List<IdentityProvider>> configured;
  private final ClientSecrets secrets;
  private final Set<String> privateIssuers;
  private final Outbound outbound;
  private final SignInLimits limits;
  private final InstantSource clock;
  private final Map<String, OidcProvider> known = new HashMap<>();

  Providers(
      Supplier<List<IdentityProvider>> configured,
      ClientSecrets secrets,
      Set<String> privateIssuers,
      Outbound outbound,
      SignInLimits limits,
      InstantSource clock) {
    this.configured = configured;
    this.secrets = secrets;
    this.privateIssuers = Set.copyOf(privateIssuers);
    this.outbound = outbound;
    this.limits = limits;
    this.clock = clock;
  }

  List<IdentityProvider> all() {
    return configured.get();
  }

  synchronized Optional<OidcProvider> find(String name) {
    List<IdentityProvider> now = configured.get();
    known.keySet().removeIf(old -> now.stream().noneMatch(each -> each.name().equals(old)));
    return now.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(provider ->
            known.compute(
                name,
                (key, old) ->
                    old != null && old.provider().equals(provider) ? old : client(provider)));
  }

  private OidcProvider client(IdentityProvider provider) {
    return new OidcProvider(
        provider,
        () -> secrets.of(provider.name()),
        privateIssuers.contains(provider.issuer()),
        outbound,
        limits,
        clock);
  }
}
