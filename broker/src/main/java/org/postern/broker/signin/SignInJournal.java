package org.postern.broker.signin;

import java.util.Map;
import org.postern.broker.front.Head;
import org.postern.policystore.Authentication;
import org.postern.policystore.UserRecord;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;

/** What of sign-ins goes into the audit log: who, through whom, how, or why not. */
final class SignInJournal {
  private static final String KIND = "user";

  private final AuditLog log;

  SignInJournal(AuditLog log) {
    this.log = log;
  }

  /** Somebody signed in. */
  void signedIn(Head head, UserRecord user, Authentication how) {
    log.record(
        AuditEvent.done(actor(user), "user.sign-in", KIND, user.id())
            .changing(
                Map.of(),
                Map.of(
                    "provider", user.provider(),
                    "subject", user.subject(),
                    "acr", how.method().context(),
                    "amr", String.join(" ", how.method().methods())))
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /** Somebody did something to his own sign-in. */
  void did(Head head, UserRecord user, String action, String detail) {
    log.record(
        AuditEvent.done(actor(user), action, KIND, user.id())
            .changing(Map.of(), Map.of("provider", user.provider()))
            .because(detail)
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /** Somebody did not get in; who that was is not known for sure. */
  void refused(Head head, String provider, SignInException why) {
    log.record(
        AuditEvent.done(Actor.STRANGER, "user.sign-in", KIND, "")
            .changing(Map.of(), Map.of("provider", provider, "reason", why.fault().code()))
            .refused(why.fault().code() + ": " + SignIn.printable(String.valueOf(why.getMessage())))
            .in(head.requestId(), head.from().getHostAddress()));
  }

  private static Actor actor(UserRecord user) {
    return new Actor(Actor.Kind.USER, user.id(), user.email());
  }
}
