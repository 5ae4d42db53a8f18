package org.postern.policystore;

import java.util.List;

/// A person, keyed by an opaque id that was made for one (provider, subject) pair and never moves
/// to another.
///
/// @param provider name of the identity provider that vouches for this user
/// @param subject the provider's own, stable name for the user
/// @param email in lower case, as the provider last said; may be empty; an attribute, not a key
/// @param providerGroups group names that the provider claimed at the last sign-in
public record UserRecord(
    String id,
    String provider,
    String subject,
    String email,
    String name,
    boolean disabled,
    List<String> providerGroups) {
  /// Copies the list.
  public UserRecord {
    providerGroups = List.copyOf(providerGroups);
  }
}
