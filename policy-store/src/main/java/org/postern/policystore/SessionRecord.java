package org.postern.policystore;

import java.time.Instant;
import java.util.List;

/// A signed-in user on a device. A device has at most one live session.
///
/// @param authenticatedAt when the user proved themselves at the provider: how old the sign-in is
/// @param revoked ended before its time, by an administrator, a sign-out or a newer sign-in
/// @param strength how the user signed in
/// @param startedAt when it began here: of two sessions of a device the later one counts, however
///   old the proof behind it is
public record SessionRecord(
    String id,
    String userId,
    String deviceId,
    String provider,
    Instant authenticatedAt,
    Instant expiresAt,
    boolean revoked,
    SignInMethod strength,
    Instant startedAt) {

  /// A session that began when the user proved themselves.
  public SessionRecord(
      String id,
      String userId,
      String deviceId,
      String provider,
      Instant authenticatedAt,
      Instant expiresAt,
      boolean revoked,
      SignInMethod strength) {
    this(
        id,
        userId,
        deviceId,
        provider,
        authenticatedAt,
        expiresAt,
        revoked,
        strength,
        authenticatedAt);
  }

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
