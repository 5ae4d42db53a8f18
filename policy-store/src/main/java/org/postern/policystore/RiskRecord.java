package org.postern.policystore;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What one source says of the risk of a user or a device.
///
/// @param id names the record, for taking it back
/// @param source [#ADMINISTRATOR], or `signal:` and the name of a stream
/// @param reason for people
/// @param setBy who said it, for people
/// @param expiresAt from when on it does not count; null: until it is taken back
public record RiskRecord(
    String id,
    Subject subject,
    String source,
    RiskLevel level,
    String reason,
    String setBy,
    Instant happenedAt,
    @Nullable Instant expiresAt) {

  /// The source whose word holds over that of every other.
  public static final String ADMINISTRATOR = "administrator";

  /// Begins the name of a source that is a signal stream.
  public static final String SIGNAL = "signal:";

  /// What a risk level is about.
  public enum Kind {
    /// A person, on whatever device.
    USER,
    /// A device, whoever holds it.
    DEVICE
  }

  /// A user or a device.
  ///
  /// @param id its opaque id
  public record Subject(Kind kind, String id) {}

  /// Whether it counts at a time.
  public boolean holdsAt(Instant now) {
    return expiresAt == null || now.isBefore(expiresAt);
  }
}
