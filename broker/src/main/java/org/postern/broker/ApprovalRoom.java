package org.postern.broker;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.postern.broker.audit.ApprovalClock;
import org.postern.broker.audit.ApprovalUse;
import org.postern.broker.audit.DecisionRecorder;
import org.postern.broker.audit.RiskClock;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.clientside.AccessDesk;
import org.postern.broker.front.WebLoops;
import org.postern.broker.signin.Outbound;
import org.postern.policystore.decision.IdentityState;

/** Decisions that are kept, and what holds for a time: access and risk levels, wired. */
final class ApprovalRoom {
  private static final Duration DECISIONS_WRITTEN = Duration.ofMillis(250);
  private static final Duration DECISIONS_FORGOTTEN = Duration.ofMinutes(10);
  private static final Duration APPROVALS_ENDED = Duration.ofMillis(500);
  private static final Duration REQUESTS_TOLD = Duration.ofMillis(250);
  private static final Duration RISKS_ENDED = Duration.ofMillis(500);

  private final Repositories stored;
  private final DecisionRecorder recorder;
  private final AccessDesk desk;
  private final InstantSource clock;
  private final Executor blocking;

  ApprovalRoom(Repositories stored, String brokerId, InstantSource clock, Executor blocking) {
    this.stored = stored;
    this.clock = clock;
    this.blocking = blocking;
    this.desk = new AccessArchive(stored.approvals(), stored.audit(), clock, blocking);
    this.recorder =
        new DecisionRecorder(
            stored.decisions(), new ApprovalUse(stored.approvals(), stored.audit()), brokerId);
  }

  DecisionRecorder decisions() {
    return recorder;
  }

  /** Where people ask. */
  AccessDesk desk() {
    return desk;
  }

  /** Tells a webhook of requests, again and again, if there is one. */
  void tell(
      BrokerSettings settings,
      WebLoops web,
      Supplier<IdentityState> people,
      SecureRandom random,
      BiConsumer<Duration, Runnable> every)
      throws StartException {
    if (settings.approvalWebhook().isEmpty()) {
      return;
    }
    WebhookSettings told = settings.approvalWebhook().get();
    Outbound outbound = told.outbound(web, settings.issuerTrustPem());
    ApprovalWebhook webhook =
        new ApprovalWebhook(
            told,
            new ApprovalWebhook.Stores(stored.toTell(), stored.approvals(), stored.audit()),
            people,
            outbound,
            WebhookLimits.DEFAULT,
            clock,
            random);
    every.accept(REQUESTS_TOLD, () -> webhook.tellDue(blocking));
  }

  /** What is to be done again and again, with the pause between. */
  void work(BiConsumer<Duration, Runnable> every) {
    every.accept(DECISIONS_WRITTEN, recorder::write);
    every.accept(DECISIONS_FORGOTTEN, stored.decisions()::forget);
    every.accept(APPROVALS_ENDED, new ApprovalClock(stored.approvals(), stored.audit())::tick);
    every.accept(RISKS_ENDED, new RiskClock(stored.risks(), stored.audit())::tick);
  }
}
