package org.postern.broker.audit;

import java.util.List;
import java.util.Map;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Approvals;

/** Ends approvals when their time is over, which cuts their flows, and writes it down. */
public final class ApprovalClock {
  private final Approvals approvals;
  private final AuditLog audit;

  /** Over the approvals. */
  public ApprovalClock(Approvals approvals, AuditLog audit) {
    this.approvals = approvals;
    this.audit = audit;
  }

  /** Ends what is over by now. Blocking; of several brokers, each approval is ended by one. */
  public void tick() {
    List<AuditEvent> events =
        approvals.expire().stream()
            .map(ended ->
                AuditEvent.done(Actor.SYSTEM, "approval.end", "approval", ended.id())
                    .changing(
                        Map.of(),
                        Map.of(
                            "userId", ended.userId(),
                            "application", ended.application(),
                            "until", ended.until().toString())))
            .toList();
    audit.recordAll(events);
  }
}
