package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.Authentication;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.SessionRecord.SignInMethod;

/// Signed-in users on devices. Blocking; any thread.
public final class Sessions {
  private static final String COLUMNS =
      "select id, user_id, device_id, provider, authenticated_at, expires_at,"
          + " revoked_at is not null as revoked, auth_context, auth_methods, started_at"
          + " from session ";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public Sessions(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Starts a session on a device; the one that was there ends.
  ///
  /// @param expiresAt must lie in the future
  /// @param authentication how the person proved themselves, and when if the provider says: so old
  ///   is the session, though never in the future
  public SessionRecord start(
      String userId,
      String deviceId,
      String provider,
      Instant expiresAt,
      Authentication authentication) {
    Instant now = clock.instant();
    Instant said = authentication.at();
    Instant authenticated = said == null || said.isAfter(now) ? now : said;
    if (!expiresAt.isAfter(now)) {
      throw new IllegalArgumentException(
          "session expires at " + expiresAt + " (expected: after " + now + ")");
    }
    return database.transaction(
        "start a session",
        connection -> {
          Database.list(
              connection,
              row -> "",
              "select id from device where id = ? for no key update",
              deviceId);
          Database.update(
              connection,
              "update session set revoked_at = ?, revoked_because = 'newer sign-in'"
                  + " where device_id = ? and revoked_at is null",
              now,
              deviceId);
          String id = tokens.id("s-");
          Database.update(
              connection,
              "insert into session (id, user_id, device_id, provider, authenticated_at, expires_at,"
                  + " auth_context, auth_methods, auth_at, provider_session, sign_out_hint,"
                  + " started_at)"
                  + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              id,
              userId,
              deviceId,
              provider,
              authenticated,
              expiresAt,
              authentication.method().context(),
              authentication.method().methods(),
              authentication.at(),
              authentication.providerSession(),
              authentication.signOutHint(),
              now);
          return Database.first(connection, Sessions::read, COLUMNS + "where id = ?", id)
              .orElseThrow();
        });
  }

  /// Without a word on how the person proved themselves.
  public SessionRecord start(String userId, String deviceId, String provider, Instant expiresAt) {
    return start(userId, deviceId, provider, expiresAt, Authentication.UNKNOWN);
  }

  /// Ends the sessions that began at a provider's session, or all that this user has through it, as
  /// a user and as an administrator.
  ///
  /// @param subject whose; empty: anybody's
  /// @param providerSession the provider's name for its session; empty: any
  /// @return how many were live
  public int revokeOf(String provider, String subject, String providerSession, String because) {
    if (subject.isEmpty() && providerSession.isEmpty()) {
      throw new IllegalArgumentException("whose sessions? (expected: a subject or a session)");
    }
    String which =
        " s.provider = ? and s.revoked_at is null and (? = '' or s.provider_session = ?)"
            + " and (? = '' or s.user_id in"
            + " (select id from app_user where provider = ? and subject = ?))";
    return database.transaction(
        "revoke sessions of a provider",
        connection -> {
          Database.list(
              connection,
              row -> "",
              "select s.id from session s where" + which + " order by s.id for update",
              provider,
              providerSession,
              providerSession,
              subject,
              provider,
              subject);
          int administrators =
              new AdministratorEndings(connection, clock.instant(), because)
                  .ofProvider(provider, subject, providerSession);
          return administrators
              + Database.update(
                  connection,
                  "update session s set revoked_at = ?, revoked_because = ? where" + which,
                  clock.instant(),
                  because,
                  provider,
                  providerSession,
                  providerSession,
                  subject,
                  provider,
                  subject);
        });
  }

  /// Ends a session before its time, and with it what the user has open as an administrator; or, by
  /// its own id, the session of an administrator who came through a provider, with the command
  /// lines that it let in.
  ///
  /// @param because for the administrator, as in "signed out"
  /// @return whether it was live
  public boolean revoke(String sessionId, String because) {
    return database.transaction(
        "revoke a session",
        connection -> {
          Instant now = clock.instant();
          AdministratorEndings ended = new AdministratorEndings(connection, now, because);
          Optional<String> user =
              Database.first(
                  connection,
                  row -> row.getString("user_id"),
                  "update session set revoked_at = ?, revoked_because = ?"
                      + " where id = ? and revoked_at is null returning user_id",
                  now,
                  because,
                  sessionId);
          if (user.isPresent()) {
            ended.ofUser(user.get());
            return true;
          }
          return ended.ofProvider(sessionId) > 0;
        });
  }

  /// A session that ended on its own device.
  ///
  /// @param subject whose, in the provider's words
  /// @param providerSession the provider's name for its session; may be empty
  /// @param signOutHint see [Authentication]; may be empty
  public record SignedOut(
      String userId, String provider, String subject, String providerSession, String signOutHint) {}

  /// Ends the session of the device that holds a key.
  ///
  /// @param keyFingerprint as in [Devices#register]
  /// @return nothing if it had none
  public Optional<SignedOut> signOut(String keyFingerprint, String because) {
    return database.first(
        "sign a device out",
        row ->
            new SignedOut(
                row.getString("user_id"),
                row.getString("provider"),
                row.getString("subject"),
                row.getString("provider_session"),
                row.getString("sign_out_hint")),
        "update session s set revoked_at = ?, revoked_because = ? from device d, app_user u,"
            + " session was where was.id = s.id and d.key_fingerprint = ? and d.state <> 'removed'"
            + " and s.device_id = d.id and u.id = s.user_id and s.revoked_at is null returning"
            + " s.user_id, s.provider, u.subject, s.provider_session, was.sign_out_hint",
        clock.instant(),
        because,
        keyFingerprint);
  }

  /// Ends all sessions of a user, those of an administrator through a provider as well.
  ///
  /// @return how many were live
  public int revokeAll(String userId, String because) {
    return database.transaction(
        "revoke sessions",
        connection -> {
          // All rows before the version: whoever revokes one of them at the same time holds its row
          // and waits for the version, so taking them in turns would be a deadlock.
          Database.list(
              connection,
              row -> "",
              "select id from session where user_id = ? and revoked_at is null"
                  + " order by id for update",
              userId);
          return new AdministratorEndings(connection, clock.instant(), because).ofUser(userId)
              + Database.update(
                  connection,
                  "update session set revoked_at = ?, revoked_because = ?"
                      + " where user_id = ? and revoked_at is null",
                  clock.instant(),
                  because,
                  userId);
        });
  }

  /// The sessions of one user, ended ones included, newest first.
  public List<SessionRecord> list(String userId) {
    return database.list(
        "read sessions",
        Sessions::read,
        COLUMNS + "where user_id = ? order by started_at desc, id",
        userId);
  }

  /// A session that is over.
  ///
  /// @param because who or what ended it, as in "signed out at corp" or "expired"
  public record Ended(
      String id,
      String userId,
      String user,
      String deviceId,
      String provider,
      Instant startedAt,
      Instant endedAt,
      String because) {}

  /// Sessions that are over, and why, the last to end first. One that nobody ended, of a person who
  /// is shut out or on a device that is set aside, is over as long as that is so; then its end is
  /// not known by time, and counts as now.
  public List<Ended> ended(int most) {
    Instant now = clock.instant();
    return database.list(
        "read sessions that are over",
        row ->
            new Ended(
                row.getString("id"),
                row.getString("user_id"),
                row.getString("email"),
                row.getString("device_id"),
                row.getString("provider"),
                Database.instant(row, "started_at"),
                Database.instant(row, "ended_at"),
                row.getString("because")),
        "select * from (select s.id, s.user_id, u.email, s.device_id, s.provider, s.started_at,"
            + " case when s.revoked_at is not null then s.revoked_at"
            + " when s.expires_at <= ? then s.expires_at else ? end as ended_at,"
            + " case when s.revoked_at is not null then s.revoked_because"
            + " when s.expires_at <= ? then 'expired'"
            + " when u.disabled then 'the user is disabled'"
            + " when u.inactive then 'the user is inactive at the provider (SCIM)'"
            + " when u.suspended then 'the user is shut out by a signal'"
            + " when d.state = 'removed' then 'the device is removed'"
            + " when d.state = 'quarantined' then 'the device is set aside'"
            + " when d.noncompliant then 'the device is not compliant, by a signal' end as because"
            + " from session s join app_user u on u.id = s.user_id"
            + " join device d on d.id = s.device_id) over where because is not null"
            + " order by ended_at desc, id limit ?",
        now,
        now,
        now,
        most);
  }

  /// The session of a device that is neither revoked nor expired.
  public Optional<SessionRecord> live(String deviceId) {
    return database.first(
        "read a session",
        Sessions::read,
        COLUMNS + "where device_id = ? and revoked_at is null and expires_at > ?",
        deviceId,
        clock.instant());
  }

  static SessionRecord read(ResultSet row) throws SQLException {
    return new SessionRecord(
        row.getString("id"),
        row.getString("user_id"),
        row.getString("device_id"),
        row.getString("provider"),
        Database.instant(row, "authenticated_at"),
        Database.instant(row, "expires_at"),
        row.getBoolean("revoked"),
        strength(row),
        Database.instant(row, "started_at"));
  }

  private static SignInMethod strength(ResultSet row) throws SQLException {
    return new SignInMethod(row.getString("auth_context"), Database.texts(row, "auth_methods"));
  }
}
