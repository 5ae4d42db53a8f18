package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.SignalStream;
import org.postern.policystore.SignalStream.Access;
import org.postern.policystore.SignalStream.Delivery;

/// Streams of shared signals, each of one transmitter. Push tokens are stored hashed, the secrets
/// with which we ask transmitters are sealed. Blocking; any thread.
public final class SignalStreams {
  private static final String COLUMNS =
      "select name, provider, issuer, audience, keys_url, delivery, poll_url, stream_id,"
          + " verify_url, token_url, client_id, secret_sealed is not null as has_secret,"
          + " created_at, last_event_at, last_error_at, last_error, verified_at, status,"
          + " status_reason, failures from signal_stream ";
  private static final int ERROR_CHARACTERS_MAX = 500;

  /// A stream, and how it has been going.
  ///
  /// @param status what the transmitter said last: enabled, paused or disabled
  /// @param failures polls in a row that failed
  public record Listed(
      SignalStream stream,
      Instant createdAt,
      Optional<Instant> lastEventAt,
      Optional<Instant> lastErrorAt,
      String lastError,
      Optional<Instant> verifiedAt,
      String status,
      String statusReason,
      int failures) {}

  private final Database database;
  private final SecretSealer sealer;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public SignalStreams(
      DataSource source, SecretSealer sealer, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.sealer = sealer;
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Adds a stream.
  ///
  /// @param secret with which we ask the transmitter; empty: none
  /// @return the token that the transmitter shows when it pushes, here and never again (empty for a
  ///   stream that is polled); nothing if there is such a stream already
  public Optional<String> create(SignalStream stream, String secret) {
    boolean push = stream.delivery() instanceof Delivery.Push;
    String token = push ? tokens.secret("postern_signal_") : "";
    String pollUrl = stream.delivery() instanceof Delivery.Poll(String url) ? url : null;
    Access.Client client = stream.access() instanceof Access.Client each ? each : null;
    Instant now = clock.instant();
    int made =
        database.update(
            "create a signal stream",
            "insert into signal_stream (name, provider, issuer, audience, keys_url, delivery,"
                + " push_hash, poll_url, secret_sealed, created_at, stream_id, verify_url,"
                + " token_url, client_id, poll_next_at) values (?, ?, ?, ?, ?, ?,"
                + " cast(? as bytea), ?, cast(? as bytea), ?, ?, ?, ?, ?,"
                + " cast(? as timestamptz)) on conflict (name) do nothing",
            stream.name(),
            stream.provider(),
            stream.issuer(),
            stream.audience(),
            stream.keysUrl(),
            push ? "push" : "poll",
            push ? Tokens.hash(token) : null,
            pollUrl,
            secret.isEmpty()
                ? null
                : sealer.seal(secret.getBytes(StandardCharsets.UTF_8), context(stream.name())),
            now,
            stream.streamId(),
            stream.verifyUrl().isEmpty() ? null : stream.verifyUrl(),
            client == null ? null : client.tokenUrl(),
            client == null ? null : client.clientId(),
            push ? null : now);
    return made == 1 ? Optional.of(token) : Optional.empty();
  }

  private static String context(String name) {
    return "signal stream " + name;
  }

  /// One stream.
  public Optional<Listed> find(String name) {
    return database.first(
        "read a signal stream", SignalStreams::read, COLUMNS + "where name = ?", name);
  }

  /// All streams, by name.
  public List<Listed> list() {
    return database.list("read signal streams", SignalStreams::read, COLUMNS + "order by name");
  }

  /// The stream whose transmitter shows this token; nothing for an unknown stream, a polled one and
  /// a wrong token alike.
  public Optional<SignalStream> pushed(String name, String token) {
    return database
        .first(
            "verify a signal token",
            SignalStreams::read,
            COLUMNS + "where name = ? and push_hash = ?",
            name,
            Tokens.hash(token))
        .map(Listed::stream);
  }

  /// Makes another token for a stream that is pushed; the one before ends.
  public Optional<String> renewToken(String name) {
    String token = tokens.secret("postern_signal_");
    int changed =
        database.update(
            "renew a signal token",
            "update signal_stream set push_hash = ? where name = ? and delivery = 'push'",
            Tokens.hash(token),
            name);
    return changed == 1 ? Optional.of(token) : Optional.empty();
  }

  /// Takes a stream away, and the risk levels that it told; its events stay in the log until they
  /// are old.
  ///
  /// @return whether there was one
  public boolean remove(String name) {
    return database.transaction(
        "remove a signal stream",
        connection -> {
          Database.update(
              connection,
              "update risk_level set level = null where source = ? and level is not null",
              RiskRecord.SIGNAL + name);
          return Database.update(connection, "delete from signal_stream where name = ?", name) == 1;
        });
  }

  /// The secret with which the transmitter is asked.
  public Optional<String> secret(String name) {
    return database
        .first(
            "read the secret of a signal stream",
            row -> Optional.ofNullable(row.getBytes("secret_sealed")),
            "select secret_sealed from signal_stream where name = ?",
            name)
        .flatMap(sealed -> sealed)
        .map(sealed -> new String(sealer.open(sealed, context(name)), StandardCharsets.UTF_8));
  }

  /// A stream that is due to be polled, which nobody else takes before the lease is over.
  public Optional<Listed> takeDue(Duration lease) {
    Instant now = clock.instant();
    return database
        .first(
            "take a signal stream that is due",
            row -> row.getString("name"),
            "update signal_stream set poll_next_at = ? where name = (select name from signal_stream"
                + " where delivery = 'poll' and poll_next_at <= ? order by poll_next_at limit 1"
                + " for update skip locked) returning name",
            now.plus(lease),
            now)
        .flatMap(this::find);
  }

  /// A poll went well; the next one is due after a pause.
  public void polled(String name, Duration pause) {
    database.update(
        "note a poll",
        "update signal_stream set poll_next_at = ?, failures = 0"
            + " where name = ? and delivery = 'poll'",
        clock.instant().plus(pause),
        name);
  }

  /// A poll failed; the next one is due after a pause.
  public void pollFailed(String name, String why, Duration pause) {
    Instant now = clock.instant();
    database.update(
        "note a failed poll",
        "update signal_stream set poll_next_at = ?, failures = failures + 1, last_error_at = ?,"
            + " last_error = ? where name = ? and delivery = 'poll'",
        now.plus(pause),
        now,
        cut(why),
        name);
  }

  /// A token was refused.
  public void refused(String name, String why) {
    database.update(
        "note a refused signal",
        "update signal_stream set last_error_at = ?, last_error = ? where name = ?",
        clock.instant(),
        cut(why),
        name);
  }

  private static String cut(String text) {
    return text.substring(0, Math.min(text.length(), ERROR_CHARACTERS_MAX));
  }

  /// A new text for the transmitter to repeat in a verification event.
  public String askVerification(String name) {
    String state = tokens.id("v-");
    database.update(
        "ask for verification",
        "update signal_stream set verified_state = ? where name = ?",
        state,
        name);
    return state;
  }

  private static Listed read(ResultSet row) throws SQLException {
    return new Listed(
        new SignalStream(
            row.getString("name"),
            row.getString("provider"),
            row.getString("issuer"),
            row.getString("audience"),
            row.getString("keys_url"),
            "push".equals(row.getString("delivery"))
                ? new Delivery.Push()
                : new Delivery.Poll(row.getString("poll_url")),
            row.getString("stream_id"),
            orEmpty(row.getString("verify_url")),
            access(row)),
        Database.instant(row, "created_at"),
        Optional.ofNullable(Database.instantOrNull(row, "last_event_at")),
        Optional.ofNullable(Database.instantOrNull(row, "last_error_at")),
        orEmpty(row.getString("last_error")),
        Optional.ofNullable(Database.instantOrNull(row, "verified_at")),
        row.getString("status"),
        row.getString("status_reason"),
        row.getInt("failures"));
  }

  private static Access access(ResultSet row) throws SQLException {
    String tokenUrl = row.getString("token_url");
    if (tokenUrl != null) {
      return new Access.Client(tokenUrl, row.getString("client_id"));
    }
    return row.getBoolean("has_secret") ? new Access.Bearer() : new Access.None();
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
