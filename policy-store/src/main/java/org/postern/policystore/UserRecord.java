package org.postern.policystore;

import java.util.List;
import java.util.Map;

/// A person, keyed by an opaque id that was made for one (provider, subject) pair and never moves
/// to another.
///
/// @param provider name of the identity provider that vouches for this user
/// @param subject the provider's own, stable name for the user
/// @param email in lower case, as the provider last said; may be empty; an attribute, not a key
/// @param providerGroups group names that the provider claimed at the last sign-in
/// @param attributes mapped attributes by name, each with at least one value, as the provider last
///   said; a name that is not there is a missing fact
public record UserRecord(
    String id,
    String provider,
    String subject,
    String email,
    String name,
    boolean disabled,
    List<String> providerGroups,
    Map<String, List<String>> attributes) {
  /// Copies the lists.
  public UserRecord {
    providerGroups = List.copyOf(providerGroups);
    attributes = Map.copyOf(attributes);
  }

  /// A person without attributes.
  public UserRecord(
      String id,
      String provider,
      String subject,
      String email,
      String name,
      boolean disabled,
      List<String> providerGroups) {
    this(id, provider, subject, email, name, disabled, providerGroups, Map.of());
  }
}
