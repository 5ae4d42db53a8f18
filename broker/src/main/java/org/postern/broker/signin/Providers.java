package org.postern.broker.signin;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Audience;

/**
 * The configured identity providers. What was learned of one is kept for as long as its
 * configuration stays the same. Safe on any thread.
 */
public final class Providers {
  private final Supplier<List<IdentityProvider>> configured;
  private final Function<IdentityProvider, ProviderClient> maker;
  private final Map<String, ProviderClient> known = new HashMap<>();

  /**
   * Over the configuration.
   *
   * @param configured the providers of the current policy
   * @param maker makes the client of one
   */
  public Providers(
      Supplier<List<IdentityProvider>> configured,
      Function<IdentityProvider, ProviderClient> maker) {
    this.configured = configured;
    this.maker = maker;
  }

  List<IdentityProvider> all() {
    return configured.get();
  }

  List<IdentityProvider> of(Audience audience) {
    return configured.get().stream().filter(each -> each.isFor(audience)).toList();
  }

  /** The one whose domain it is, or else the one for domains that nobody has. */
  Optional<IdentityProvider> forAddress(String email, Audience audience) {
    String domain = Mapping.domain(email);
    List<IdentityProvider> some = of(audience);
    Optional<IdentityProvider> own =
        some.stream().filter(each -> each.domains().contains(domain)).findFirst();
    if (own.isPresent() || all().stream().anyMatch(each -> each.domains().contains(domain))) {
      return own;
    }
    return some.stream()
        .filter(each -> each.anyDomain() || (each.domains().isEmpty() && some.size() == 1))
        .findFirst();
  }

  /** The client of a provider. */
  public synchronized Optional<ProviderClient> find(String name) {
    List<IdentityProvider> now = configured.get();
    known.keySet().removeIf(old -> now.stream().noneMatch(each -> each.name().equals(old)));
    return now.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .map(provider ->
            known.compute(
                name,
                (key, old) ->
                    old != null && old.provider().equals(provider) ? old : maker.apply(provider)));
  }

  /** The client of a provider of one kind. */
  public <T extends ProviderClient> T of(String name, Class<T> kind) throws SignInException {
    return find(name)
        .filter(kind::isInstance)
        .map(kind::cast)
        .orElseThrow(() ->
            new SignInException(
                SignInFault.PROVIDER_UNKNOWN, "unknown provider, or of another kind"));
  }
}
