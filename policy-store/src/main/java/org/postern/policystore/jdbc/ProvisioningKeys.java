package org.postern.policystore.jdbc;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postern.policystore.AddressRange;

/// Keys that let app connectors enroll into one connector group, a number of times, until a date.
/// Blocking; any thread.
public final class ProvisioningKeys {
  /// A key to be made.
  ///
  /// @param allowedRanges from where it may be used; empty: from anywhere
  public record Order(
      String connectorGroup,
      int usesMax,
      Instant expiresAt,
      List<AddressRange> allowedRanges,
      String author) {
    /// Copies the list.
    public Order {
      allowedRanges = List.copyOf(allowedRanges);
      if (usesMax < 1) {
        throw new IllegalArgumentException("usesMax " + usesMax + " (expected: at least 1)");
      }
    }
  }

  /// A new key. The secret is shown here and never again.
  public record Created(String id, String secret) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Created[id=" + id + "]";
    }
  }

  /// What is known of a key; not the secret.
  public record Listed(
      String id,
      String connectorGroup,
      int usesMax,
      int uses,
      Instant expiresAt,
      boolean revoked) {}

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ProvisioningKeys(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Makes a key for a connector group. Empty if the group is not configured.
  public Optional<Created> create(Order order) {
    String id = tokens.id("k-");
    String secret = tokens.secret("postern_pk_");
    int rows =
        database.update(
            "create a provisioning key",
            "insert into provisioning_key (id, key_hash, connector_group, uses_max, expires_at,"
                + " allowed_cidrs, created_at, created_by)"
                + " select ?, ?, name, ?, ?, cast(? as cidr[]), ?, ? from connector_group"
                + " where name = ?",
            id,
            Tokens.hash(secret),
            order.usesMax(),
            order.expiresAt(),
            order.allowedRanges().stream().map(AddressRange::toString).toList(),
            clock.instant(),
            order.author(),
            order.connectorGroup());
    return rows == 1 ? Optional.of(new Created(id, secret)) : Optional.empty();
  }

  /// Uses a key once and answers the group that it opens. Empty, after the same one statement, for
  /// unknown, expired, used up, revoked, and used from elsewhere.
  public Optional<String> consume(String secret, InetAddress from) {
    return database.first(
        "use a provisioning key",
        row -> row.getString(1),
        "update provisioning_key set uses = uses + 1"
            + " where key_hash = ? and uses < uses_max and expires_at > ? and revoked_at is null"
            + " and (allowed_cidrs = '{}' or cast(? as inet) <<= any (allowed_cidrs))"
            + " and connector_group in (select name from connector_group)"
            + " returning connector_group",
        Tokens.hash(secret),
        clock.instant(),
        withoutZone(from));
  }

  private static String withoutZone(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  /// The keys of one connector group, newest first.
  public List<Listed> list(String connectorGroup) {
    return database.list(
        "read provisioning keys",
        ProvisioningKeys::read,
        "select id, connector_group, uses_max, uses, expires_at, revoked_at is not null as revoked"
            + " from provisioning_key where connector_group = ? order by created_at desc, id",
        connectorGroup);
  }

  /// Ends a key.
  ///
  /// @return whether it was not ended before
  public boolean revoke(String id) {
    return database.update(
            "revoke a provisioning key",
            "update provisioning_key set revoked_at = ? where id = ? and revoked_at is null",
            clock.instant(),
            id)
        == 1;
  }

  private static Listed read(ResultSet row) throws SQLException {
    return new Listed(
        row.getString("id"),
        row.getString("connector_group"),
        row.getInt("uses_max"),
        row.getInt("uses"),
        Database.instant(row, "expires_at"),
        row.getBoolean("revoked"));
  }
}
