package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
          } else {
            Database.update(
                connection,
                "update administrator_session set let_in_by = ? where id = ?",
                browserSession,
                opened.get().id());
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

  /// Why a browser that comes with this secret is signed out, to be read behind "you were signed
  /// out:". Empty if it is not, if nobody had this secret, and if it is not known.
  public Optional<String> ended(String secret) {
    Instant now = clock.instant();
    return database
        .first(
            "find out why an administrator's session is over",
            row -> row.getString("because"),
            "select case when s.ended_at is not null then s.ended_because"
                + " when a.disabled_at is not null then 'your account is disabled'"
                + " when s.expires_at <= ? then 'the session reached its age'"
                + " when s.last_seen_at <= ? then 'nothing was done in it for a while'"
                + " when not "
                + HOLDS
                + " then 'your provider no longer makes you an administrator'"
                + " else '' end as because from administrator_session s join administrator a"
                + " on a.id = s.administrator_id where s.secret_hash = ? and s.kind = 'browser'",
            now,
            now.minus(idle),
            Tokens.hash(secret))
        .filter(because -> !because.isEmpty());
  }

  /// Ends one of an administrator's sessions.
  ///
  /// @param because for the one whose session it was, behind "you were signed out:"
  /// @return whether it was live
  public boolean end(String administratorId, String sessionId, String because) {
    return database.transaction(
            "end an administrator's session",
            connection ->
                new AdministratorEndings(connection, clock.instant(), because)
                    .one(administratorId, sessionId))
        == 1;
  }

  /// Ends all sessions of an administrator but one.
  ///
  /// @param because as in [#end]
  /// @return how many
  public int endOthers(String administratorId, String sessionId, String because) {
    return database.transaction(
        "end an administrator's other sessions",
        connection ->
            new AdministratorEndings(connection, clock.instant(), because)
                .others(administratorId, sessionId));
  }
}
