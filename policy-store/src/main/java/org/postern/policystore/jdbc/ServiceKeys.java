package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postern.policystore.SecretSealer;

/// The keys with which the broker signs towards identity providers and opens what they encrypt for
/// it. One is active; during a rotation the next one is published before it is used, and the
/// previous one is published until it is dropped. Blocking; any thread.
public final class ServiceKeys {
  private final Database database;
  private final SecretSealer sealer;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Where in its life a key is.
  public enum State {
    /// Published, not used to sign yet.
    NEXT,
    /// Signs.
    ACTIVE,
    /// No longer signs; still opens what was encrypted for it.
    PREVIOUS
  }

  /// A key.
  ///
  /// @param key its certificate and private half
  public record Stored(String id, State state, Fresh key, Instant since) {
    /// Without the key.
    @Override
    public String toString() {
      return "Stored[" + id + " " + state + "]";
    }
  }

  /// A key's two halves.
  ///
  /// @param certificate DER in base64
  /// @param pkcs8 the private key, DER in base64
  public record Fresh(String certificate, String pkcs8) {
    /// Without the key.
    @Override
    public String toString() {
      return "Fresh[redacted]";
    }
  }

  /// Over a data source.
  public ServiceKeys(
      DataSource source, SecretSealer sealer, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.sealer = sealer;
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// All keys: active, next, previous. The first one is made when there is none.
  public List<Stored> load(Supplier<Fresh> maker) {
    List<Stored> known = list();
    if (!known.isEmpty()) {
      return known;
    }
    Fresh fresh = maker.get();
    // Of two brokers that start at once, the second finds the first one's.
    insert(fresh, "active");
    return list();
  }

  private void insert(Fresh fresh, String state) {
    String id = tokens.id("k-");
    database.update(
        "store a service key",
        "insert into service_key (id, state, certificate, sealed, created_at)"
            + " values (?, ?, ?, ?, ?) on conflict do nothing",
        id,
        state,
        Base64.getDecoder().decode(fresh.certificate()),
        sealer.seal(Base64.getDecoder().decode(fresh.pkcs8()), context(id)),
        clock.instant());
  }

  private List<Stored> list() {
    return database.list(
        "read service keys",
        this::read,
        "select id, state, certificate, sealed, created_at from service_key"
            + " order by state, created_at desc");
  }

  /// Publishes a next key beside the active one.
  ///
  /// @return false if there is one already
  public boolean prepare(Supplier<Fresh> maker) {
    if (list().stream().anyMatch(each -> each.state() == State.NEXT)) {
      return false;
    }
    insert(maker.get(), "next");
    return true;
  }

  /// The next key signs from now on, the active one becomes the previous; older ones are dropped.
  ///
  /// @return false if there is no next key
  public boolean promote() {
    return database.transaction(
        "rotate the service key",
        connection -> {
          boolean prepared =
              !Database.list(
                      connection,
                      row -> "",
                      "select id from service_key where state = 'next' for update")
                  .isEmpty();
          if (prepared) {
            Database.update(connection, "delete from service_key where state = 'previous'");
            Database.update(
                connection, "update service_key set state = 'previous' where state = 'active'");
            Database.update(
                connection, "update service_key set state = 'active' where state = 'next'");
          }
          return prepared;
        });
  }

  /// Drops the previous key: what is encrypted for it can no longer be opened.
  ///
  /// @return whether there was one
  public boolean dropPrevious() {
    return database.update(
            "drop the previous service key", "delete from service_key where state = 'previous'")
        > 0;
  }

  private Stored read(ResultSet row) throws SQLException {
    String id = row.getString("id");
    return new Stored(
        id,
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        new Fresh(
            Base64.getEncoder().encodeToString(row.getBytes("certificate")),
            Base64.getEncoder().encodeToString(sealer.open(row.getBytes("sealed"), context(id)))),
        Database.instant(row, "created_at"));
  }

  private static String context(String id) {
    return "service key " + id;
  }
}
