package org.postern.broker.administrators;

import java.util.Map;
import org.postern.broker.front.Head;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;
import org.postern.policystore.jdbc.Administrators.Administrator;

/** What of administrators goes into the audit log. Never a secret, never a name nobody has. */
final class Journal {
  static final String KIND = "administrator";

  private final AuditLog log;

  Journal(AuditLog log) {
    this.log = log;
  }

  static Actor actor(Administrator who) {
    return new Actor(Actor.Kind.ADMINISTRATOR, who.id(), who.name());
  }

  /** An administrator did something to himself or his sessions. */
  void did(Head head, Administrator who, String action, String detail) {
    log.record(
        AuditEvent.done(actor(who), KIND + "." + action, KIND, who.name())
            .because(detail)
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /** Somebody became an administrator, or got new credentials. */
  void became(Head head, Administrator who, String action, String detail) {
    log.record(
        AuditEvent.done(actor(who), KIND + "." + action, KIND, who.name())
            .changing(Map.of(), Map.of("name", who.name(), "role", who.role()))
            .because(detail)
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /**
   * A stranger was refused.
   *
   * @param name of an administrator that there is; else empty, since people type passwords where
   *     names belong
   */
  void refused(Head head, String name, String action, String reason) {
    log.record(
        AuditEvent.done(Actor.STRANGER, KIND + "." + action, KIND, name)
            .refused(reason)
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /** Somebody with an owner's token did something to an administrator. */
  void ordered(Head head, String owner, String action, Administrator whom) {
    log.record(
        AuditEvent.done(
                new Actor(Actor.Kind.ADMINISTRATOR, "", owner),
                KIND + "." + action,
                KIND,
                whom.name())
            .changing(Map.of(), Map.of("name", whom.name(), "role", whom.role()))
            .in(head.requestId(), head.from().getHostAddress()));
  }

  /** Says which user of applications an administrator is; empty: none. */
  void linked(Head head, String owner, Administrator whom, String userId) {
    log.record(
        AuditEvent.done(
                new Actor(Actor.Kind.ADMINISTRATOR, "", owner), KIND + ".link", KIND, whom.name())
            .changing(Map.of(), Map.of("name", whom.name(), "userId", userId))
            .in(head.requestId(), head.from().getHostAddress()));
  }
}
