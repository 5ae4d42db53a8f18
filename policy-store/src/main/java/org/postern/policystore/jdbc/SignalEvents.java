package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.SignalEffect;
import org.postern.policystore.SignalEffect.Account;
import org.postern.policystore.SignalEffect.Compliance;
import org.postern.policystore.SignalEffect.EndSessions;
import org.postern.policystore.SignalEffect.Nothing;
import org.postern.policystore.SignalEffect.Risk;
import org.postern.policystore.SignalEffect.StreamStatus;
import org.postern.policystore.SignalEffect.Verification;
import org.postern.policystore.audit.AuditEvent;

/// Security events that were received. An event, what it changes and its line in the audit log are
/// one transaction: a broker that dies in between has done nothing, and the transmitter sends the
/// token again. Blocking; any thread.
public final class SignalEvents {
  private static final int TEXT_MAX = 500;

  /// An event.
  ///
  /// @param jti the token's id: each counts once, at whichever broker it arrives
  /// @param happenedAt when it happened at the transmitter
  /// @param event its URI
  /// @param subject whom it is about, for people to read
  public record Received(
      String stream,
      String provider,
      String jti,
      Instant issuedAt,
      Instant happenedAt,
      String event,
      String subject) {}

  /// An event as it stands in the log.
  public record Listed(
      String stream,
      String jti,
      Instant receivedAt,
      Instant issuedAt,
      Instant happenedAt,
      String event,
      String subject,
      String outcome) {}

  /// What came of it.
  ///
  /// @param first false: this token was received before, and nothing was done now
  /// @param outcome for people: "2 sessions ended"
  public record Outcome(boolean first, String outcome) {}

  private final Database database;
  private final AuditTrail audit;
  private final InstantSource clock;
  private final Duration skew;

  /// Over a data source.
  ///
  /// @param skew how far the transmitter's clock may be off: sign-ins that much after an event
  ///   outlive it
  public SignalEvents(DataSource source, AuditTrail audit, InstantSource clock, Duration skew) {
    this.database = new Database(source);
    this.audit = audit;
    this.clock = clock;
    this.skew = skew;
  }

  /// Writes an event down and does what it asks for, once.
  ///
  /// @param entry the line of the audit log, made of the outcome
  public Outcome receive(
      Received received, SignalEffect effect, Function<String, List<AuditEvent>> entry) {
    audit.prepare();
    return database.transaction(
        "receive a signal",
        connection -> {
          if (!note(connection, received, effect)) {
            return new Outcome(false, "received before");
          }
          String outcome = apply(connection, received, effect);
          Database.update(
              connection,
              "update signal_event set outcome = ? where stream = ? and jti = ?",
              cut(outcome),
              received.stream(),
              received.jti());
          Database.update(
              connection,
              "update signal_stream set last_event_at = ? where name = ?",
              clock.instant(),
              received.stream());
          audit.append(connection, entry.apply(outcome));
          return new Outcome(true, outcome);
        });
  }

  private boolean note(Connection connection, Received received, SignalEffect effect)
      throws SQLException {
    String kind =
        switch (effect) {
          case EndSessions sessions -> "sessions";
          case Account account -> "account";
          case Compliance compliance -> "device";
          case Risk risk -> "risk";
          case Verification verification -> "none";
          case StreamStatus status -> "none";
          case Nothing nothing -> "none";
        };
    List<String> users =
        switch (effect) {
          case EndSessions sessions -> sessions.users();
          case Account account -> account.users();
          case Compliance compliance -> List.of();
          case Risk risk -> risk.users();
          case Verification verification -> List.of();
          case StreamStatus status -> List.of();
          case Nothing nothing -> List.of();
        };
    return Database.update(
            connection,
            "insert into signal_event (stream, jti, received_at, issued_at, happened_at, event,"
                + " subject, outcome, effect, user_ids, device_id)"
                + " values (?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?) on conflict (stream, jti) do nothing",
            received.stream(),
            received.jti(),
            clock.instant(),
            received.issuedAt(),
            received.happenedAt(),
            cut(received.event()),
            cut(received.subject()),
            kind,
            users,
            device(effect))
        == 1;
  }

  private static String device(SignalEffect effect) {
    return switch (effect) {
      case Compliance compliance -> compliance.device();
      case Risk risk -> risk.device();
      case EndSessions sessions -> "";
      case Account account -> "";
      case Verification verification -> "";
      case StreamStatus status -> "";
      case Nothing nothing -> "";
    };
  }

  private String apply(Connection connection, Received received, SignalEffect effect)
      throws SQLException {
    return switch (effect) {
      case EndSessions sessions -> endSessions(connection, received, sessions);
      case Account account -> account(connection, received, account);
      case Compliance compliance -> compliance(connection, received, compliance);
      case Risk risk -> SignalledRisk.note(connection, received, risk);
      case Verification verification -> verified(connection, received, verification.state());
      case StreamStatus(String status, String reason) -> {
        Database.update(
            connection,
            "update signal_stream set status = ?, status_reason = ? where name = ?",
            cut(status),
            cut(reason),
            received.stream());
        yield "stream is " + cut(status);
      }
      case Nothing(String why) -> why;
    };
  }

  private String endSessions(Connection connection, Received received, EndSessions sessions)
      throws SQLException {
    String which =
        " s.provider = ? and s.revoked_at is null and s.started_at <= ?"
            + " and (cardinality(?) = 0 or s.user_id = any(?))"
            + " and (? = '' or s.provider_session = ?"
            // SAML: the provider's session, then the service's part of it.
            + " or starts_with(s.provider_session, ? || '::')"
            + " or (s.provider_session = '' and cardinality(?) > 0))";
    Instant before = received.happenedAt().plus(skew);
    List<String> users = sessions.users();
    String session = sessions.providerSession();
    Database.list(
        connection,
        row -> "",
        "select s.id from session s where" + which + " order by s.id for update",
        received.provider(),
        before,
        users,
        users,
        session,
        session,
        session,
        users);
    int ended =
        Database.update(
            connection,
            "update session s set revoked_at = ?, revoked_because = ? where" + which,
            clock.instant(),
            "signal of " + received.stream(),
            received.provider(),
            before,
            users,
            users,
            session,
            session,
            session,
            users);
    ended +=
        new AdministratorEndings(
                connection,
                clock.instant(),
                "your provider signalled that the session is over (" + received.stream() + ")")
            .signalled(received.provider(), before, users, session);
    return ended == 1 ? "1 session ended" : ended + " sessions ended";
  }

  private String account(Connection connection, Received received, Account account)
      throws SQLException {
    boolean superseded =
        Database.first(
                connection,
                row -> row.getBoolean(1),
                "select exists (select from signal_event where effect = 'account'"
                    + " and user_ids && ? and happened_at > ? and stream = ?)",
                account.users(),
                received.happenedAt(),
                received.stream())
            .orElseThrow();
    if (superseded) {
      return "a later event holds";
    }
    // Rows before the version, as everywhere.
    Database.list(
        connection,
        row -> "",
        "select id from app_user where id = any(?) order by id for no key update",
        account.users());
    int changed =
        Database.update(
            connection,
            "update app_user set suspended = ? where id = any(?) and provider = ?",
            account.suspended(),
            account.users(),
            received.provider());
    return (changed == 1 ? "1 user " : changed + " users ")
        + (account.suspended() ? "shut out" : "let in");
  }

  private String compliance(Connection connection, Received received, Compliance compliance)
      throws SQLException {
    boolean superseded =
        Database.first(
                connection,
                row -> row.getBoolean(1),
                "select exists (select from signal_event where effect = 'device'"
                    + " and device_id = ? and happened_at > ? and stream = ?)",
                compliance.device(),
                received.happenedAt(),
                received.stream())
            .orElseThrow();
    if (superseded) {
      return "a later event holds";
    }
    Database.update(
        connection,
        "update device set noncompliant = ? where id = ?",
        !compliance.compliant(),
        compliance.device());
    if (!compliance.compliant()) {
      new AdministratorEndings(
              connection,
              clock.instant(),
              "your provider signalled that one of your devices does not comply ("
                  + received.stream()
                  + "), and this browser may have been on it")
          .ofDevice(compliance.device());
    }
    return compliance.compliant() ? "device freed" : "device quarantined";
  }

  private String verified(Connection connection, Received received, String state)
      throws SQLException {
    int matched =
        Database.update(
            connection,
            "update signal_stream set verified_at = ?, verified_state = null"
                + " where name = ? and (? = '' or verified_state = ?)",
            clock.instant(),
            received.stream(),
            state,
            state);
    return matched == 1 ? "verified" : "verification that nobody asked for";
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(text.length(), TEXT_MAX));
  }

  /// Where a page of events ended: at the event that is behind all of it.
  public record Place(Instant receivedAt, String stream, String jti) {}

  /// The newest events, or those behind a place.
  ///
  /// @param stream of this stream; empty: of all
  public List<Listed> newest(String stream, Optional<Place> behind, int limit) {
    List<@Nullable Object> parameters = new ArrayList<>(List.of(stream, stream));
    behind.ifPresent(place ->
        parameters.addAll(
            List.of(place.receivedAt(), place.receivedAt(), place.stream(), place.jti())));
    parameters.add(limit);
    return database.list(
        "read signals",
        SignalEvents::read,
        "select stream, jti, received_at, issued_at, happened_at, event, subject, outcome"
            + " from signal_event where (? = '' or stream = ?)"
            + (behind.isEmpty()
                ? ""
                : " and (received_at < ? or (received_at = ? and (stream, jti) > (?, ?)))")
            + " order by received_at desc, stream, jti limit ?",
        parameters.toArray());
  }

  /// Forgets events that are older than any token that is still believed, and of those that changed
  /// nothing all but the newest of each stream.
  ///
  /// @param age must be longer than a token may be old
  public void forget(Duration age, int idleMax) {
    database.update(
        "forget old signals",
        "delete from signal_event where received_at < ?",
        clock.instant().minus(age));
    database.update(
        "forget signals that changed nothing",
        "delete from signal_event e using (select stream, jti, row_number() over"
            + " (partition by stream order by received_at desc, jti) as place from signal_event"
            + " where effect = 'none') old where old.place > ? and e.stream = old.stream"
            + " and e.jti = old.jti",
        idleMax);
  }

  private static Listed read(ResultSet row) throws SQLException {
    return new Listed(
        row.getString("stream"),
        row.getString("jti"),
        Database.instant(row, "received_at"),
        Database.instant(row, "issued_at"),
        Database.instant(row, "happened_at"),
        row.getString("event"),
        row.getString("subject"),
        row.getString("outcome"));
  }
}
