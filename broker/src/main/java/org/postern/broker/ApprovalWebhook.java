package org.postern.broker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.jdbc.Approvals;
import org.postern.policystore.jdbc.RequestsToTell;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the approval webhook of requests for access, and does what it answers. What is to be told
 * waits in the database, so it survives a broker, and each request is told by one broker at a time.
 */
final class ApprovalWebhook {
  private static final Logger LOG = LoggerFactory.getLogger(ApprovalWebhook.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAME = "approval webhook";
  private static final Actor ACTOR = new Actor(Actor.Kind.API_CLIENT, "approval-webhook", NAME);
  private static final int DOUBLINGS_MAX = 20;

  /** Where requests are, and where it is written what became of them. */
  record Stores(RequestsToTell requests, Approvals approvals, AuditLog audit) {}

  private final WebhookSettings settings;
  private final Stores stores;
  private final Supplier<IdentityState> people;
  private final Outbound outbound;
  private final WebhookLimits limits;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Semaphore places;

  ApprovalWebhook(
      WebhookSettings settings,
      Stores stores,
      Supplier<IdentityState> people,
      Outbound outbound,
      WebhookLimits limits,
      InstantSource clock,
      RandomGenerator random) {
    this.settings = settings;
    this.stores = stores;
    this.people = people;
    this.outbound = outbound;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
    this.places = new Semaphore(limits.atOnce());
  }

  /** Begins with every request that is due; each goes on by itself. */
  void tellDue(Executor blocking) {
    while (places.tryAcquire()) {
      Optional<RequestsToTell.Due> due = Optional.empty();
      try {
        due = stores.requests().take(limits.attemptsMax(), limits.lease());
      } finally {
        if (due.isEmpty()) {
          places.release();
        }
      }
      if (due.isEmpty()) {
        return;
      }
      RequestsToTell.Due taken = due.get();
      blocking.execute(() -> {
        try {
          tell(taken);
        } catch (RuntimeException e) {
          LOG.warn("telling of {} failed; it will be tried again", taken.request().id(), e);
        } finally {
          places.release();
        }
      });
    }
  }

  private void tell(RequestsToTell.Due due) {
    Approvals.Request request = due.request();
    String telling = "%s.%d".formatted(request.id(), due.attempts());
    UserRecord person = people.get().users().get(request.userId());
    WebhookAnswer answer;
    if (person == null) {
      answer = new WebhookAnswer.Unusable("whoever asked is not a user, or not yet known here");
    } else {
      try {
        answer =
            WebhookAnswer.of(
                outbound.send(message(request, person, telling)),
                Duration.ofSeconds(request.seconds()),
                limits);
      } catch (SignInException e) {
        answer = new WebhookAnswer.Unusable(e.forAdministrator());
      }
    }
    act(due, answer, telling);
  }

  private void act(RequestsToTell.Due due, WebhookAnswer answer, String telling) {
    Approvals.Request request = due.request();
    switch (answer) {
      case WebhookAnswer.Unusable(String why) -> putOff(due, why, telling);
      case WebhookAnswer.Later() -> told(request, "later", telling);
      case WebhookAnswer.Refuse(String note) -> {
        boolean waited = stores.approvals().refuse(request.id(), NAME, note);
        told(request, "refuse", telling);
        if (waited) {
          record(
              request,
              "approval.refuse",
              Map.of(
                  "state",
                  "refused",
                  "userId",
                  request.userId(),
                  "application",
                  request.application(),
                  "note",
                  note),
              telling);
        }
      }
      case WebhookAnswer.Approve(Duration time, String note) -> {
        Optional<Approvals.Approval> given =
            stores.approvals().approve(request.id(), NAME, time, note);
        told(request, "approve", telling);
        given.ifPresent(approval ->
            record(
                request,
                "approval.approve",
                Map.of(
                    "state", "approved",
                    "id", approval.id(),
                    "userId", approval.userId(),
                    "application", approval.application(),
                    "until", approval.until().toString(),
                    "note", note),
                telling));
      }
    }
  }

  private void told(Approvals.Request request, String decision, String telling) {
    stores.requests().told(request.id());
    record(request, "approval.tell", Map.of("decision", decision), telling);
  }

  private void putOff(RequestsToTell.Due due, String why, String telling) {
    boolean last = due.attempts() >= limits.attemptsMax();
    Duration pause = backoff(due.attempts());
    stores.requests().later(due.request().id(), pause);
    String next = last ? "not tried again; a person decides" : "tried again";
    LOG.info("the approval webhook was not told of {}: {}; {}", due.request().id(), why, next);
    stores
        .audit()
        .record(
            AuditEvent.done(ACTOR, "approval.tell", "access-request", due.request().id())
                .failed("attempt %d: %s; %s".formatted(due.attempts(), why, next))
                .in(telling, String.valueOf(settings.url().getHost())));
  }

  /** Doubles, up to its limit; requests and brokers do not keep step. */
  private Duration backoff(int attempts) {
    long full =
        Math.min(
            limits.backoffMax().toMillis(),
            limits.backoffMin().toMillis() << Math.min(attempts - 1, DOUBLINGS_MAX));
    return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
  }

  private void record(
      Approvals.Request request, String action, Map<String, String> fields, String telling) {
    stores
        .audit()
        .record(
            AuditEvent.done(ACTOR, action, "access-request", request.id())
                .changing(
                    Map.of("state", request.state(), "seconds", "" + request.seconds()), fields)
                .in(telling, String.valueOf(settings.url().getHost())));
  }

  /**
   * The request id goes with it and into the log, so that both sides' logs can be laid together.
   */
  private Outbound.Request message(Approvals.Request request, UserRecord person, String telling) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", request.id());
    body.put("user", person.email());
    body.put("userId", request.userId());
    body.put("application", request.application());
    body.put("target", request.target());
    body.put("reason", request.reason());
    body.put("seconds", request.seconds());
    body.put("createdAt", request.createdAt().toString());
    String text;
    try {
      text = JSON.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts and numbers are JSON", e);
    }
    String timestamp = Long.toString(clock.instant().getEpochSecond());
    return new Outbound.Request(
        "POST",
        settings.url(),
        Map.of(
            "Content-Type",
            "application/json",
            "Accept",
            "application/json",
            "Postern-Request-Id",
            telling,
            "Postern-Timestamp",
            timestamp,
            "Postern-Signature",
            "sha256=" + signature(settings.secret(), timestamp + "." + text)),
        text,
        settings.privateAllowed());
  }

  static String signature(String secret, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
