package org.postern.policystore.decision;

import java.nio.LongBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.DenyReason;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;

/// A subject (user, device and session with its facts, or a workload) as one snapshot sees it: the
/// rules that may be about it, computed once. Immutable. A link holds it and asks the new snapshot
/// for another when it is told of one, or when a fact changes; a view of an older snapshot is never
/// trusted, only slower.
public final class SubjectView {
  final Snapshot snapshot;
  final SubjectFacts subject;
  final LayerView access;
  final LayerView sessions;
  final LayerView forwarding;
  final long expiresAtMillis;
  final @Nullable DenyReason refusal;
  private final String userId;
  private final String deviceId;

  SubjectView(
      Snapshot snapshot,
      SubjectFacts subject,
      @Nullable DenyReason refusal,
      String userId,
      String deviceId) {
    this.snapshot = snapshot;
    this.subject = subject;
    this.refusal = refusal;
    this.userId = userId;
    this.deviceId = deviceId;
    CompiledPolicy policy = snapshot.policy();
    this.access = refusal == null ? policy.access.view(subject) : policy.access.nothing();
    this.sessions = refusal == null ? policy.sessions.view(subject) : policy.sessions.nothing();
    this.forwarding =
        refusal == null ? policy.forwarding.view(subject) : policy.forwarding.nothing();
    this.expiresAtMillis =
        subject.workload() != null
            ? Long.MAX_VALUE
            : subject.session() == null
                ? Long.MIN_VALUE
                : subject.session().expiresAt().toEpochMilli();
  }

  /// The user that the certificate names, known or not; empty for a workload.
  public String userId() {
    return userId;
  }

  /// The device that the certificate names, known or not; empty for a workload.
  public String deviceId() {
    return deviceId;
  }

  /// What was known beside the snapshot when the view was made.
  public Facts facts() {
    return subject.facts();
  }

  /// Two subjects whose likeness is equal are answered alike, at any time, by snapshots with the
  /// rules of this one.
  public Object likeness() {
    List<Object> likeness = new ArrayList<>();
    for (LayerView layer : List.of(access, sessions)) {
      likeness.add(LongBuffer.wrap(layer.maybe()));
      likeness.add(LongBuffer.wrap(layer.sure()));
      likeness.add(LongBuffer.wrap(layer.report()));
    }
    likeness.add(Optional.ofNullable(refusal));
    likeness.add(Optional.ofNullable(subject.session()).map(SessionRecord::authenticatedAt));
    likeness.add(Optional.ofNullable(subject.session()).map(SessionRecord::strength));
    likeness.add(Optional.ofNullable(subject.facts().clientType()));
    likeness.add(expiresAtMillis);
    likeness.add(subject.approvals());
    if (snapshot.policy().access.wantsUnknown()) {
      // What could be learnt counts too, and that is as many things as there are facts.
      likeness.add(userId);
      likeness.add(subject.facts());
    }
    return likeness;
  }

  /// The user, if there is one.
  public Optional<UserRecord> user() {
    return Optional.ofNullable(subject.user());
  }

  /// The newest session on the device, if there is one.
  public Optional<SessionRecord> session() {
    return Optional.ofNullable(subject.session());
  }

  /// When the session ends; the distant past without a session, the distant future for a workload.
  public Instant expiresAt() {
    if (subject.workload() != null) {
      return Instant.MAX;
    }
    return subject.session() == null ? Instant.MIN : subject.session().expiresAt();
  }

  /// The approval of an application that is in force, if there is one.
  ///
  /// @param nowMillis milliseconds since the epoch
  public Optional<ApprovalRecord> approval(String application, long nowMillis) {
    return Optional.ofNullable(subject.approval(application, nowMillis));
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
