package org.postern.broker.audit;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.postern.broker.access.DecisionLog;
import org.postern.policystore.AccessRule;
import org.postern.policystore.ApprovalRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.decision.Decision;
import org.postern.policystore.jdbc.Approvals;

/**
 * Writes into the audit log when an approval is used for the first time. Blocking; called by one
 * timer.
 */
public final class ApprovalUse {
  private static final int REMEMBERED_MAX = 10_000;

  private final Approvals approvals;
  private final AuditLog audit;
  private final Set<String> used = new HashSet<>();

  /** Over the approvals. */
  public ApprovalUse(Approvals approvals, AuditLog audit) {
    this.approvals = approvals;
    this.audit = audit;
  }

  /** A decision was made; of interest if it let a flow in under an approval. */
  void noted(DecisionLog.Note note, Decision decision) {
    if (note.occasion() != DecisionLog.Occasion.FLOW
        || !(decision instanceof Decision.Allow allow)
        || allow.rule().action() != AccessRule.Action.REQUIRE_APPROVAL) {
      return;
    }
    note.subject()
        .approval(allow.application().name(), note.atMillis())
        .filter(approval -> used.add(approval.id()))
        .filter(approval -> approvals.firstUse(approval.id()))
        .ifPresent(approval -> audit.record(event(note, approval)));
    if (used.size() > REMEMBERED_MAX) {
      used.clear(); // The table knows.
    }
  }

  private static AuditEvent event(DecisionLog.Note note, ApprovalRecord approval) {
    Optional<UserRecord> user = note.subject().user();
    return AuditEvent.done(
            new Actor(
                Actor.Kind.USER, note.subject().userId(), user.map(UserRecord::email).orElse("")),
            "approval.use",
            "approval",
            approval.id())
        .changing(
            Map.of(),
            Map.of(
                "application", approval.application(),
                "deviceId", note.subject().deviceId(),
                "target", note.host() + ":" + note.port(),
                "decision", note.id()));
  }
}
