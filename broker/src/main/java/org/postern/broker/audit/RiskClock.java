package org.postern.broker.audit;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Risks;

/** Ends risk levels when their time is over, which has flows decided again, and writes it down. */
public final class RiskClock {
  private final Risks risks;
  private final AuditLog audit;

  /** Over the risk levels. */
  public RiskClock(Risks risks, AuditLog audit) {
    this.risks = risks;
    this.audit = audit;
  }

  /** Ends what is over by now. Blocking; of several brokers, each level is ended by one. */
  public void tick() {
    List<AuditEvent> events =
        risks.expire().stream()
            .map(ended ->
                AuditEvent.done(Actor.SYSTEM, "risk.end", "risk", ended.id())
                    .changing(
                        Map.of("level", ended.level().name().toLowerCase(Locale.ROOT)), Map.of()))
            .toList();
    audit.recordAll(events);
  }
}
