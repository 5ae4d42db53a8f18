package org.postern.policystore;

import java.time.Instant;
import java.util.List;

/// A signed-in user on a device. A device has at most one live session.
///
/// @param revoked ended before its time, by an administrator, a sign-out or a newer sign-in
/// @param strength how the user signed in
public record SessionRecord(
    String id,
    String userId,
    String deviceId,
    String provider,
    Instant authenticatedAt,
    Instant expiresAt,
    boolean revoked,
    SignInMethod strength) {

  /// A session of which it is not known how the user signed in.
  public SessionRecord(
      String id,
      String userId,
      String deviceId,
      String provider,
      Instant authenticatedAt,
      Instant expiresAt,
      boolean revoked) {
    this(id, userId, deviceId, provider, authenticatedAt, expiresAt, revoked, SignInMethod.UNKNOWN);
  }

  /// How a user signed in, in the provider's words. What the provider did not say is a missing
  /// fact.
  ///
  /// @param context the context class (`acr`, AuthnContextClassRef); empty: not said
  /// @param methods the methods (`amr`, RFC 8176), sorted; empty: not said
  public record SignInMethod(String context, List<String> methods) {
    /// Nothing was said.
    public static final SignInMethod UNKNOWN = new SignInMethod("", List.of());

    /// Sorts the list.
    public SignInMethod {
      methods = methods.stream().distinct().sorted().toList();
    }
  }
}
