package org.postern.policystore;

import java.util.List;

/// An OpenID Connect provider that signs users in. Its name is its id.
///
/// @param issuer the issuer URL, exactly as the provider's tokens name it
/// @param groupsClaim the claim of the ID token that lists group names
/// @param domains e-mail domains, in lower case, whose users sign in here; another provider's word
///   on an address in these domains does not count in rules
/// @param allowPlainHttp the issuer may be an http URL on another host: for tests and
///   demonstrations
public record IdentityProvider(
    String name,
    String issuer,
    String clientId,
    ClientSecret secret,
    String groupsClaim,
    List<String> domains,
    boolean allowPlainHttp) {

  /// The claim that is read when the document names none.
  public static final String GROUPS_CLAIM_DEFAULT = "groups";

  /// Copies the list.
  public IdentityProvider {
    domains = List.copyOf(domains);
  }
}
