package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Demand;
import org.postern.policystore.UserRecord;

/// Sign-ins of devices without a browser (RFC 8628). The device waits with its code; a person types
/// the other code in a browser elsewhere, signs in there as always, and approves. Both codes are
/// stored hashed, and every step is one conditional update, so each happens once.
///
/// ```
/// ask --user code--> attach --state--> (sign-in) --> identify --> approve, refuse --device code--> poll
/// ```
///
/// Blocking; any thread.
public final class DeviceCodes {
  private static final int POLL_SECONDS_MAX = 60;
  private static final int POLL_SECONDS_MORE = 5;

  /// What a device asks for.
  ///
  /// @param codeChallenge its S256 challenge: only it can redeem what comes of this
  /// @param from its address, for the person to look at
  /// @param demand what the sign-in has to be
  public record Asked(String deviceName, String codeChallenge, String from, Demand demand) {}

  /// A way of the person's browser to the provider.
  ///
  /// @param label what the sign-in is to remember of the code, for the person to compare
  public record Way(
      String state, String provider, String nonce, String codeVerifier, String label) {
    /// Without the secrets.
    @Override
    public String toString() {
      return "Way[provider=" + provider + "]";
    }
  }

  /// What the device learns when it asks whether it may go on.
  public sealed interface Poll {
    /// Nobody has approved yet.
    record Pending() implements Poll {}

    /// It asks too often.
    record SlowDown() implements Poll {}

    /// Somebody said no, or could not sign in.
    record Refused(String why) implements Poll {}

    /// Too late, used, or never known.
    record Expired() implements Poll {}

    /// The code that it offered can be redeemed now.
    record Approved() implements Poll {}
  }

  private record Row(
      boolean over,
      @Nullable String refused,
      boolean early,
      boolean approved,
      boolean used,
      int pollSeconds) {}

  private final Database database;
  private final InstantSource clock;
  private final int waitingMax;

  /// Over a data source.
  ///
  /// @param waitingMax devices that may wait at a time
  public DeviceCodes(DataSource source, InstantSource clock, int waitingMax) {
    this.database = new Database(source);
    this.clock = clock;
    this.waitingMax = waitingMax;
  }

  private static String hashed(String userCode) {
    return HexFormat.of().formatHex(Tokens.hash("user code " + userCode));
  }

  /// Notes a device that waits.
  ///
  /// @return false if too many wait, or the user code is taken
  public boolean ask(String deviceCode, String userCode, Asked asked, Instant expiresAt) {
    return database.transaction(
        "note a device that signs in",
        connection -> {
          Database.update(
              connection,
              "delete from sign_in where device_code_hash is not null and expires_at < ?"
                  + " and (code_expires_at is null or code_expires_at < ?)",
              clock.instant(),
              clock.instant());
          return Database.update(
                  connection,
                  "insert into sign_in (state_hash, provider, nonce, code_verifier,"
                      + " device_redirect, device_state, code_challenge, device_name, expires_at,"
                      + " device_code_hash, user_code, asked_from, demanded_at, demanded_context)"
                      + " select ?, '', '', '', '', '', ?, ?, ?, ?, ?, ?, cast(? as timestamptz), ?"
                      + " where (select count(*) from sign_in where device_code_hash is not null)"
                      + " < ? on conflict do nothing",
                  Tokens.hash("no state yet " + deviceCode),
                  asked.codeChallenge(),
                  asked.deviceName(),
                  expiresAt,
                  Tokens.hash(deviceCode),
                  hashed(userCode),
                  asked.from(),
                  asked.demand().since(),
                  asked.demand().context(),
                  waitingMax)
              == 1;
        });
  }

  /// Whether a device waits with this code, and nobody has come back from the provider for it.
  public Optional<Asked> find(String userCode) {
    return database.first(
        "look for a device that signs in",
        DeviceCodes::asked,
        "select device_name, code_challenge, asked_from, demanded_at, demanded_context"
            + " from sign_in where user_code = ?"
            + " and completed_at is null and refused is null and expires_at > ?",
        hashed(userCode),
        clock.instant());
  }

  private static Asked asked(ResultSet row) throws SQLException {
    return new Asked(
        row.getString("device_name"),
        row.getString("code_challenge"),
        row.getString("asked_from"),
        SignIns.demand(row));
  }

  /// A person's browser leaves for the provider with this code. One that left before is forgotten.
  public boolean attach(String userCode, Way way) {
    return database.update(
            "attach a browser to a device",
            "update sign_in set state_hash = ?, provider = ?, nonce = ?, code_verifier = ?,"
                + " device_state = ? where user_code = ? and completed_at is null"
                + " and refused is null and expires_at > ?",
            Tokens.hash(way.state()),
            way.provider(),
            way.nonce(),
            way.codeVerifier(),
            way.label(),
            hashed(userCode),
            clock.instant())
        == 1;
  }

  /// The person is known now; the device goes on waiting for his word.
  ///
  /// @return what he is asked about
  public Optional<Asked> identify(String state, SignIns.SignedIn who) {
    return database.first(
        "note who signs a device in",
        DeviceCodes::asked,
        "update sign_in set user_id = ?, auth_context = ?, auth_methods = ?,"
            + " auth_at = cast(? as timestamptz), provider_session = ? where state_hash = ?"
            + " and device_code_hash is not null and completed_at is not null and user_id is null"
            + " and refused is null returning device_name, code_challenge, asked_from,"
            + " demanded_at, demanded_context",
        who.userId(),
        who.authentication().method().context(),
        who.authentication().method().methods(),
        who.authentication().at(),
        who.authentication().providerSession(),
        Tokens.hash(state));
  }

  /// The person who signed in says yes.
  ///
  /// @return who that was
  public Optional<UserRecord> approve(String state) {
    return decide(
        state,
        "update sign_in set approved_at = ? where state_hash = ? and user_id is not null"
            + " and approved_at is null and refused is null and expires_at > ? returning user_id",
        clock.instant());
  }

  /// The person who signed in says no.
  ///
  /// @return who that was
  public Optional<UserRecord> refuse(String state, String why) {
    return decide(
        state,
        "update sign_in set refused = ? where state_hash = ? and user_id is not null"
            + " and approved_at is null and refused is null and expires_at > ? returning user_id",
        why);
  }

  private Optional<UserRecord> decide(String state, String sql, Object value) {
    return database.transaction(
        "decide on a device",
        connection -> {
          Optional<String> user =
              Database.first(
                  connection,
                  row -> row.getString("user_id"),
                  sql,
                  value,
                  Tokens.hash(state),
                  clock.instant());
          return user.isEmpty()
              ? Optional.empty()
              : Database.first(connection, Users::read, Users.COLUMNS + "where id = ?", user.get());
        });
  }

  /// The sign-in came to nothing: the device need not wait.
  public void fail(String state, String why) {
    database.update(
        "end a device's sign-in",
        "update sign_in set refused = ? where state_hash = ? and device_code_hash is not null"
            + " and approved_at is null and refused is null",
        why,
        Tokens.hash(state));
  }

  /// The device asks whether it may go on, and offers a code that shall be redeemable then.
  public Poll poll(String deviceCode, String code, Duration codeAge) {
    Instant now = clock.instant();
    byte[] hash = Tokens.hash(deviceCode);
    return database.transaction(
        "answer a device that waits",
        connection -> {
          Optional<Row> found = row(connection, hash, now);
          if (found.isEmpty() || found.get().over() || found.get().used()) {
            return new Poll.Expired();
          }
          Row row = found.get();
          String refused = row.refused();
          if (refused != null) {
            return new Poll.Refused(refused);
          }
          int seconds =
              row.early()
                  ? Math.min(POLL_SECONDS_MAX, row.pollSeconds() + POLL_SECONDS_MORE)
                  : row.pollSeconds();
          Database.update(
              connection,
              "update sign_in set polled_at = ?, poll_seconds = ? where device_code_hash = ?",
              now,
              seconds,
              hash);
          if (row.early()) {
            return new Poll.SlowDown();
          }
          if (!row.approved()) {
            return new Poll.Pending();
          }
          Database.update(
              connection,
              "update sign_in set code_hash = ?, code_expires_at = ? where device_code_hash = ?",
              Tokens.hash(code),
              now.plus(codeAge),
              hash);
          return new Poll.Approved();
        });
  }

  /// A second of grace: the device's clock and the way here are its own.
  private static Optional<Row> row(Connection connection, byte[] hash, Instant now)
      throws SQLException {
    List<Row> rows =
        Database.list(
            connection,
            row ->
                new Row(
                    row.getBoolean("over"),
                    row.getString("refused"),
                    row.getBoolean("early"),
                    row.getBoolean("approved"),
                    row.getBoolean("used"),
                    row.getInt("poll_seconds")),
            "select expires_at <= ? as over, refused, approved_at is not null as approved,"
                + " code_hash is not null as used, poll_seconds, coalesce(polled_at"
                + " + make_interval(secs => poll_seconds - 1) > ?, false) as early"
                + " from sign_in where device_code_hash = ? for update",
            now,
            now,
            hash);
    return rows.stream().findFirst();
  }
}
