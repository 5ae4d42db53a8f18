package org.postern.broker;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.postern.broker.clientside.AccessDesk;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Approvals;
import org.postern.tunnel.message.AccessAnswer;
import org.postern.tunnel.message.AccessRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes requests from control links, which must not block, to threads that may. */
final class AccessArchive implements AccessDesk {
  private static final Logger LOG = LoggerFactory.getLogger(AccessArchive.class);
  private static final int LISTED = 20;

  private final Approvals approvals;
  private final AuditLog audit;
  private final InstantSource clock;
  private final Executor blocking;

  AccessArchive(Approvals approvals, AuditLog audit, InstantSource clock, Executor blocking) {
    this.approvals = approvals;
    this.audit = audit;
    this.clock = clock;
    this.blocking = blocking;
  }

  @Override
  public void ask(Wish wish, Consumer<AccessAnswer> answer) {
    work(answer, () -> asked(wish));
  }

  private AccessAnswer asked(Wish wish) {
    Approvals.Asked asked =
        approvals.ask(
            new Approvals.Wish(
                wish.userId(),
                wish.deviceId(),
                wish.application(),
                wish.target(),
                wish.reason(),
                Duration.ofSeconds(wish.seconds())));
    return switch (asked) {
      case Approvals.Asked.TooMany() ->
          AccessAnswer.newBuilder()
              .setOutcome(AccessAnswer.Outcome.OUTCOME_TOO_MANY)
              .setText(
                  "at most %d requests may wait, and %d be made in a day"
                      .formatted(Approvals.WAITING_PER_PERSON_MAX, Approvals.ASKED_PER_DAY_MAX))
              .build();
      case Approvals.Asked.Waits(Approvals.Request request, boolean isNew) -> {
        if (isNew) {
          audit.record(event(wish, request));
        }
        yield AccessAnswer.newBuilder()
            .setOutcome(AccessAnswer.Outcome.OUTCOME_WAITS)
            .setRequestId(request.id())
            .build();
      }
    };
  }

  private static AuditEvent event(Wish wish, Approvals.Request request) {
    return AuditEvent.done(
            new Actor(Actor.Kind.USER, wish.userId(), wish.email()),
            "approval.ask",
            "access-request",
            request.id())
        .changing(
            Map.of(),
            Map.of(
                "application", wish.application(),
                "target", wish.target(),
                "deviceId", wish.deviceId(),
                "reason", wish.reason(),
                "seconds", Long.toString(wish.seconds())));
  }

  @Override
  public void list(String userId, Consumer<AccessAnswer> answer) {
    work(
        answer,
        () -> {
          AccessAnswer.Builder list =
              AccessAnswer.newBuilder().setOutcome(AccessAnswer.Outcome.OUTCOME_LIST);
          Instant now = clock.instant();
          approvals.ofUser(userId, LISTED).forEach(own -> list.addRequests(line(own, now)));
          return list.build();
        });
  }

  private static AccessRequest line(Approvals.Own own, Instant now) {
    Approvals.Request request = own.request();
    Instant until = own.until();
    boolean over = own.ended() || (until != null && !now.isBefore(until));
    AccessRequest.State state =
        switch (request.state()) {
          case "waiting" -> AccessRequest.State.STATE_WAITING;
          case "refused" -> AccessRequest.State.STATE_REFUSED;
          default -> over ? AccessRequest.State.STATE_ENDED : AccessRequest.State.STATE_APPROVED;
        };
    return AccessRequest.newBuilder()
        .setId(request.id())
        .setTarget(request.target().isEmpty() ? request.application() : request.target())
        .setState(state)
        .setAskedUnixMillis(request.createdAt().toEpochMilli())
        .setEndsUnixMillis(until == null ? 0 : until.toEpochMilli())
        .setText(request.note())
        .build();
  }

  private void work(Consumer<AccessAnswer> answer, Supplier<AccessAnswer> task) {
    blocking.execute(() -> {
      AccessAnswer made;
      try {
        made = task.get();
      } catch (RuntimeException e) {
        LOG.warn("a request for access could not be dealt with: {}", e.getMessage());
        made =
            AccessAnswer.newBuilder()
                .setOutcome(AccessAnswer.Outcome.OUTCOME_FAILED)
                .setText("the broker cannot do that now; try again later")
                .build();
      }
      answer.accept(made);
    });
  }
}
