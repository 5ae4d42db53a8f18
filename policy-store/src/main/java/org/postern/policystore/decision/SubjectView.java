package org.postern.policystore.decision;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.DenyReason;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;

/// A subject (user, device and session) as one snapshot sees it: the rules whose subject side
/// matches, computed once. Immutable. A link holds it and asks the new snapshot for another when it
/// is told of one; a view of an older snapshot is never trusted, only slower.
public final class SubjectView {
  final Snapshot snapshot;
  final long[] rules;
  final long expiresAtMillis;
  final @Nullable DenyReason refusal;
  private final String userId;
  private final String deviceId;
  private final @Nullable UserRecord user;
  private final @Nullable SessionRecord session;

  SubjectView(
      Snapshot snapshot,
      long[] rules,
      @Nullable DenyReason refusal,
      String userId,
      String deviceId,
      @Nullable UserRecord user,
      @Nullable SessionRecord session) {
    this.snapshot = snapshot;
    this.rules = rules;
    this.refusal = refusal;
    this.userId = userId;
    this.deviceId = deviceId;
    this.user = user;
    this.session = session;
    this.expiresAtMillis = session == null ? Long.MIN_VALUE : session.expiresAt().toEpochMilli();
  }

  /// The user that the certificate names, known or not.
  public String userId() {
    return userId;
  }

  /// The device that the certificate names, known or not.
  public String deviceId() {
    return deviceId;
  }

  /// The user, if there is one.
  public Optional<UserRecord> user() {
    return Optional.ofNullable(user);
  }

  /// The newest session on the device, if there is one.
  public Optional<SessionRecord> session() {
    return Optional.ofNullable(session);
  }

  /// When the session ends; the distant past without a session.
  public Instant expiresAt() {
    return session == null ? Instant.MIN : session.expiresAt();
  }

  /// Why this subject may do nothing at all, whatever it asks; empty if it is in good standing.
  ///
  /// @param nowMillis milliseconds since the epoch
  public Optional<DenyReason> refusal(long nowMillis) {
    if (refusal != null) {
      return Optional.of(refusal);
    }
    return nowMillis >= expiresAtMillis
        ? Optional.of(DenyReason.SESSION_EXPIRED)
        : Optional.empty();
  }
}
