package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.RoleMapping;

/// Signed-in administrators: browsers with a cookie, command lines with an admin token that lives
/// and dies with its session. Secrets are stored hashed. Blocking; any thread.
public final class AdministratorSessions {
  /// A session to be opened.
  ///
  /// @param method how the administrator proved himself, for people
  /// @param from the peer's address
  /// @param agent what the browser says it is, cut
  /// @param age how long it may live, however busy
  /// @param origin what else it hangs on
  public record Opening(
      Administrators.Administrator administrator,
      String method,
      String from,
      String agent,
      Duration age,
      Origin origin) {}

  /// The sign-in at a provider that a session came from, and dies with.
  ///
  /// @param provider empty: none, the administrator has credentials here
  /// @param providerSession the provider's own name for its session; may be empty
  /// @param mapping the provider's role mappings by which the role was given
  public record Origin(String provider, String providerSession, List<RoleMapping> mapping) {
    /// A sign-in with credentials of ours.
    public static final Origin LOCAL = new Origin("", "", List.of());

    /// Copies the list.
    public Origin {
      mapping = List.copyOf(mapping);
    }
  }

  /// An open session. The secret is shown here and never again.
  public record Opened(String id, String secret, Instant expiresAt) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Opened[id=" + id + "]";
    }
  }

  /// Whose session it is.
  public record Live(
      String id, Administrators.Administrator administrator, String method, Instant createdAt) {}

  /// A session in a list.
  public record Listed(
      String id,
      String kind,
      String method,
      Instant createdAt,
      Instant lastSeenAt,
      Instant expiresAt,
      String from,
      String agent) {}

  /// What holds of session `s` of administrator `a` for as long as the provider's word behind it
  /// does: the user is not shut out, and the provider still gives roles by the same list.
  static final String HOLDS =
      " (s.provider is null or exists (select from app_user u join identity_provider p"
          + " on p.name = s.provider where u.id = a.user_id"
          + " and not (u.disabled or u.inactive or u.suspended)"
          + " and 'administrators' = any (p.audiences) and p.administrators = s.role_mapping)) ";

  private static final int LISTED_MAX = 100;

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;
  private final Duration idle;

  /// Over a data source.
  ///
  /// @param idle after so long without a request a browser's session ends
  public AdministratorSessions(
      DataSource source, SecureRandom random, InstantSource clock, Duration idle) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
    this.idle = idle;
  }

  /// A browser signs in. Empty if the administrator is disabled or gone.
  public Optional<Opened> open(Opening opening) {
    return database.transaction(
        "open an administrator's session",
        connection ->
            insert(connection, opening, tokens.secret("postern_as_"), null, clock.instant()));
  }

  /// A command line is let in by a browser: its secret is an admin token with the administrator's
  /// role. Through a provider it lasts no longer than the browser's session. Empty if the
  /// administrator is disabled or gone, or the browser's session is over.
  ///
  /// @param browserSession the session that let it in
  public Optional<Opened> openForCommandLine(Opening asked, String browserSession) {
    return database.transaction(
        "open an administrator's session",
        connection -> {
          Instant now = clock.instant();
          Optional<Opening> found = inheriting(connection, asked, browserSession, now);
          if (found.isEmpty()) {
            return Optional.empty();
          }
          Opening opening = found.get();
          String secret = tokens.secret("postern_at_");
          String token = tokens.id("t-");
          Database.update(
              connection,
              "insert into admin_token (id, token_hash, name, role, created_at, expires_at)"
                  + " values (?, ?, ?, ?, ?, ?)",
              token,
              Tokens.hash(secret),
              opening.administrator().name(),
              opening.administrator().role(),
              now,
              now.plus(opening.age()));
          Optional<Opened> opened = insert(connection, opening, secret, token, now);
          if (opened.isEmpty()) {
            connection.rollback();
          }
          return opened;
        });
  }

  /// The opening with what the browser's session hangs on.
  private Optional<Opening> inheriting(
      Connection connection, Opening asked, String browserSession, Instant now)
      throws SQLException {
    return Database.first(
        connection,
        row -> {
          String provider = row.getString("provider");
          Duration left = Duration.between(now, Database.instant(row, "expires_at"));
          return provider == null
              ? asked
              : new Opening(
                  asked.administrator(),
                  asked.method(),
                  asked.from(),
                  asked.agent(),
                  left.compareTo(asked.age()) < 0 ? left : asked.age(),
                  new Origin(
                      provider,
                      row.getString("provider_session"),
                      RoleMapping.ofFlat(Database.texts(row, "role_mapping"))));
        },
        "select s.provider, s.provider_session, s.role_mapping, s.expires_at"
            + " from administrator_session s join administrator a on a.id = s.administrator_id"
            + " where s.id = ? and a.id = ? and s.ended_at is null and s.expires_at > ? and"
            + HOLDS,
        browserSession,
        asked.administrator().id(),
        now);
  }

  private Optional<Opened> insert(
      Connection connection, Opening opening, String secret, @Nullable String token, Instant now)
      throws SQLException {
    Opened opened = new Opened(tokens.id("as-"), secret, now.plus(opening.age()));
    int rows =
        Database.update(
            connection,
            "insert into administrator_session (id, secret_hash, administrator_id, kind, method,"
                + " token_id, created_at, last_seen_at, expires_at, from_address, agent, provider,"
                + " provider_session, role_mapping)"
                + " select ?, ?, id, ?, ?, cast(? as text), ?, ?, ?, ?, ?, nullif(?, ''), ?, ?"
                + " from administrator where id = ? and disabled_at is null for share",
            opened.id(),
            Tokens.hash(secret),
            token == null ? "browser" : "command-line",
            opening.method(),
            token,
            now,
            now,
            opened.expiresAt(),
            opening.from(),
            opening.agent(),
            opening.origin().provider(),
            opening.origin().providerSession(),
            RoleMapping.flat(opening.origin().mapping()),
            opening.administrator().id());
    return rows == 1 ? Optional.of(opened) : Optional.empty();
  }

  /// Whose browser this is; the session is not idle from now. Empty for unknown, idle, expired and
  /// ended alike.
  public Optional<Live> touch(String secret) {
    Instant now = clock.instant();
    return database.first(
        "find an administrator's session",
        AdministratorSessions::readLive,
        "update administrator_session s set last_seen_at = ? from administrator a"
            + " where s.secret_hash = ? and s.kind = 'browser' and s.ended_at is null"
            + " and s.expires_at > ? and s.last_seen_at > ?"
            + " and a.id = s.administrator_id and a.disabled_at is null and"
            + HOLDS
            + "returning s.id as session_id, s.method, s.created_at, a.id, a.name, a.role,"
            + " false as disabled, coalesce(a.provider, '') as provider",
        now,
        Tokens.hash(secret),
        now,
        now.minus(idle));
  }

  private static Live readLive(ResultSet row) throws SQLException {
    return new Live(
        row.getString("session_id"),
        Administrators.read(row),
        row.getString("method"),
        Database.instant(row, "created_at"));
  }

  /// Live sessions of an administrator, newest first.
  public List<Listed> list(String administratorId) {
    Instant now = clock.instant();
    return database.list(
        "list an administrator's sessions",
        row ->
            new Listed(
                row.getString("id"),
                row.getString("kind"),
                row.getString("method"),
                Database.instant(row, "created_at"),
                Database.instant(row, "seen"),
                Database.instant(row, "expires_at"),
                row.getString("from_address"),
                row.getString("agent")),
        "select s.*, coalesce(t.last_used_at, s.last_seen_at) as seen"
            + " from administrator_session s join administrator a on a.id = s.administrator_id"
            + " left join admin_token t on t.id = s.token_id"
            + " where s.administrator_id = ? and s.ended_at is null and s.expires_at > ?"
            + " and (s.kind = 'command-line' or s.last_seen_at > ?) and"
            + HOLDS
            + "order by s.created_at desc limit "
            + LISTED_MAX,
        administratorId,
        now,
        now.minus(idle));
  }

  /// Ends one of an administrator's sessions.
  ///
  /// @return whether it was live
  public boolean end(String administratorId, String sessionId) {
    return database.transaction(
            "end an administrator's session",
            connection ->
                end(
                    connection,
                    clock.instant(),
                    "administrator_id = ? and id = ?",
                    administratorId,
                    sessionId))
        == 1;
  }

  /// Ends all sessions of an administrator but one.
  ///
  /// @return how many
  public int endOthers(String administratorId, String sessionId) {
    return database.transaction(
        "end an administrator's other sessions",
        connection -> endAll(connection, administratorId, sessionId, clock.instant()));
  }

  /// Ends one that came through a provider, by its id alone.
  static int endOfProvider(Connection connection, String sessionId, Instant now)
      throws SQLException {
    return end(connection, now, "provider is not null and id = ?", sessionId);
  }

  /// Ends those that this user has as an administrator through a provider.
  static int endOfUser(Connection connection, String userId, Instant now) throws SQLException {
    return end(
        connection,
        now,
        "provider is not null and administrator_id in"
            + " (select id from administrator where user_id = ?)",
        userId);
  }

  /// Ends those that the user of this device has as an administrator through a provider.
  static int endOfDevice(Connection connection, String deviceId, Instant now) throws SQLException {
    return end(
        connection,
        now,
        "provider is not null and administrator_id in (select a.id from administrator a"
            + " join device d on d.user_id = a.user_id where d.id = ?)",
        deviceId);
  }

  /// Ends those that began at a provider's session, or all that somebody has through it.
  ///
  /// @param subject whose; empty: anybody's
  /// @param providerSession the provider's name for its session; empty: any
  static int endOfProvider(
      Connection connection, String provider, String subject, String providerSession, Instant now)
      throws SQLException {
    return end(
        connection,
        now,
        "provider = ? and (? = '' or provider_session = ?) and (? = '' or administrator_id in"
            + " (select a.id from administrator a join app_user u on u.id = a.user_id"
            + " where u.provider = ? and u.subject = ?))",
        provider,
        providerSession,
        providerSession,
        subject,
        provider,
        subject);
  }

  /// Ends those of users, or of a provider's session, that a signal is about.
  ///
  /// @param before only what was opened by then
  /// @param users empty: anybody
  /// @param providerSession empty: any; of SAML, the part before `::`
  static int endSignalled(
      Connection connection,
      String provider,
      Instant before,
      List<String> users,
      String providerSession,
      Instant now)
      throws SQLException {
    return end(
        connection,
        now,
        "provider = ? and created_at <= ? and (cardinality(?) = 0 or administrator_id in"
            + " (select id from administrator where user_id = any (?)))"
            + " and (? = '' or provider_session = ? or starts_with(provider_session, ? || '::')"
            + " or (provider_session = '' and cardinality(?) > 0))",
        provider,
        before,
        users,
        users,
        providerSession,
        providerSession,
        providerSession,
        users);
  }

  static int endAll(Connection connection, String administratorId, String except, Instant now)
      throws SQLException {
    return end(connection, now, "administrator_id = ? and id <> ?", administratorId, except);
  }

  private static int end(
      Connection connection, Instant now, String which, @Nullable Object... parameters)
      throws SQLException {
    List<@Nullable Object> values = new ArrayList<>();
    values.add(now);
    values.addAll(Arrays.asList(parameters));
    Database.update(
        connection,
        "update admin_token set revoked_at = ? where revoked_at is null and id in"
            + " (select token_id from administrator_session where ended_at is null and "
            + which
            + ")",
        values.toArray());
    return Database.update(
        connection,
        "update administrator_session set ended_at = ? where ended_at is null and " + which,
        values.toArray());
  }
}
