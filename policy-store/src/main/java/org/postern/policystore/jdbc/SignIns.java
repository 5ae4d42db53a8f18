package org.postern.policystore.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.Authentication;
import org.postern.policystore.Demand;
import org.postern.policystore.SessionRecord.SignInMethod;

/// A browser's way to the identity provider and back, one row each. Every step happens at most
/// once, whatever is replayed: it is one conditional update. The state and the code are stored
/// hashed.
///
/// ```
/// begin --state--> complete --state, user--> issueCode --code--> redeemCode
/// ```
///
/// Blocking; any thread.
public final class SignIns {
  /// What the device asked for; it gets the code back at its redirect.
  ///
  /// @param redirect the device's loopback redirect URI
  /// @param state the device's own state, returned to it
  /// @param codeChallenge the device's S256 challenge: only the device can redeem the code
  public record DeviceReturn(
      String redirect, String state, String codeChallenge, String deviceName) {}

  /// A sign-in that begins.
  ///
  /// @param state the broker's secret that the browser carries to the provider and back
  /// @param codeVerifier the broker's own proof key towards the provider
  public record Beginning(
      String state,
      String provider,
      String nonce,
      String codeVerifier,
      DeviceReturn device,
      Demand demand,
      Instant expiresAt) {
    /// Without the secrets.
    @Override
    public String toString() {
      return "Beginning[provider=" + provider + ", expiresAt=" + expiresAt + "]";
    }
  }

  /// A sign-in whose browser came back with the right state.
  public record Returning(
      String provider, String nonce, String codeVerifier, DeviceReturn device, Demand demand) {
    /// Without the secrets.
    @Override
    public String toString() {
      return "Returning[provider=" + provider + "]";
    }
  }

  /// Who came back from the provider, and how they proved themselves there.
  public record SignedIn(String userId, Authentication authentication) {}

  /// A redeemed code. The caller still has to check the device's verifier against the challenge; if
  /// that fails the code is spent all the same.
  public record Redeemed(
      String userId,
      String provider,
      String codeChallenge,
      String deviceName,
      Authentication authentication) {}

  private final Database database;
  private final InstantSource clock;
  private final int pendingMax;

  /// Over a data source.
  ///
  /// @param pendingMax see `PolicyLimits`
  public SignIns(DataSource source, InstantSource clock, int pendingMax) {
    this.database = new Database(source);
    this.clock = clock;
    this.pendingMax = pendingMax;
  }

  /// Notes a sign-in. Those that expired are cleared away.
  ///
  /// @return false if too many are under way: say so to the user, and to try again in a minute
  public boolean begin(Beginning beginning) {
    Instant now = clock.instant();
    return database.transaction(
        "begin a sign-in",
        connection -> {
          Database.update(
              connection,
              "delete from sign_in where expires_at < ?"
                  + " and (code_expires_at is null or code_expires_at < ?)",
              now,
              now);
          DeviceReturn device = beginning.device();
          return Database.update(
                  connection,
                  "insert into sign_in (state_hash, provider, nonce, code_verifier,"
                      + " device_redirect, device_state, code_challenge, device_name, expires_at,"
                      + " demanded_at, demanded_context)"
                      + " select ?, ?, ?, ?, ?, ?, ?, ?, ?, cast(? as timestamptz), ?"
                      + " where (select count(*) from sign_in) < ?",
                  Tokens.hash(beginning.state()),
                  beginning.provider(),
                  beginning.nonce(),
                  beginning.codeVerifier(),
                  device.redirect(),
                  device.state(),
                  device.codeChallenge(),
                  device.deviceName(),
                  beginning.expiresAt(),
                  beginning.demand().since(),
                  beginning.demand().context(),
                  pendingMax)
              == 1;
        });
  }

  /// Whether a sign-in began with this state, be it over or not.
  public boolean isKnown(String state) {
    return database
        .first(
            "look up a sign-in",
            row -> true,
            "select 1 from sign_in where state_hash = ?",
            Tokens.hash(state))
        .isPresent();
  }

  /// Takes the browser's state, once. Empty for unknown, expired and used alike.
  public Optional<Returning> complete(String state) {
    Instant now = clock.instant();
    return database.first(
        "complete a sign-in",
        SignIns::readReturning,
        "update sign_in set completed_at = ?"
            + " where state_hash = ? and completed_at is null and expires_at > ?"
            + " returning provider, nonce, code_verifier, device_redirect, device_state,"
            + " code_challenge, device_name, demanded_at, demanded_context",
        now,
        Tokens.hash(state),
        now);
  }

  /// Gives a completed sign-in its user and its one-time code.
  ///
  /// @param who the user's id, and how they proved themselves
  /// @return false if the sign-in was not completed or has a code already
  public boolean issueCode(String state, SignedIn who, String code, Duration validity) {
    return database.update(
            "issue a sign-in code",
            "update sign_in set user_id = ?, auth_context = ?, auth_methods = ?, auth_at = ?,"
                + " provider_session = ?, sign_out_hint = ?, code_hash = ?, code_expires_at = ?"
                + " where state_hash = ? and completed_at is not null and code_hash is null"
                + " and refused is null",
            who.userId(),
            who.authentication().method().context(),
            who.authentication().method().methods(),
            who.authentication().at(),
            who.authentication().providerSession(),
            who.authentication().signOutHint(),
            Tokens.hash(code),
            clock.instant().plus(validity),
            Tokens.hash(state))
        == 1;
  }

  /// Takes a code, once. Empty for unknown, expired and used alike.
  public Optional<Redeemed> redeemCode(String code) {
    Instant now = clock.instant();
    return database.first(
        "redeem a sign-in code",
        row ->
            new Redeemed(
                row.getString("user_id"),
                row.getString("provider"),
                row.getString("code_challenge"),
                row.getString("device_name"),
                authentication(row)),
        "update sign_in set redeemed_at = ?"
            + " where code_hash = ? and redeemed_at is null and code_expires_at > ?"
            + " returning user_id, provider, code_challenge, device_name, auth_context,"
            + " auth_methods, auth_at, provider_session, sign_out_hint",
        now,
        Tokens.hash(code),
        now);
  }

  private static Authentication authentication(ResultSet row) throws SQLException {
    return new Authentication(
        new SignInMethod(row.getString("auth_context"), Database.texts(row, "auth_methods")),
        Database.instantOrNull(row, "auth_at"),
        row.getString("provider_session"),
        row.getString("sign_out_hint"));
  }

  private static Returning readReturning(ResultSet row) throws SQLException {
    return new Returning(
        row.getString("provider"),
        row.getString("nonce"),
        row.getString("code_verifier"),
        new DeviceReturn(
            row.getString("device_redirect"),
            row.getString("device_state"),
            row.getString("code_challenge"),
            row.getString("device_name")),
        demand(row));
  }

  static Demand demand(ResultSet row) throws SQLException {
    return new Demand(
        Database.instantOrNull(row, "demanded_at"), row.getString("demanded_context"));
  }
}
