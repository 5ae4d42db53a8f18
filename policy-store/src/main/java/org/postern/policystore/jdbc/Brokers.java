package org.postern.policystore.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import javax.sql.DataSource;

/// Lease rows of running brokers. Blocking; any thread.
public final class Brokers {
  /// A broker whose lease has not run out.
  public record Live(String id, String address, Instant leaseUntil) {}

  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public Brokers(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// Takes or renews a lease. A newer process with the same id takes the row over.
  ///
  /// @param instance 16 random bytes made at process start
  /// @param address where peers reach it, as host:port
  /// @param countryFile whether it can tell the country of an address
  public void lease(
      String id, byte[] instance, String address, Duration validity, boolean countryFile) {
    Instant now = clock.instant();
    database.update(
        "renew the broker's lease",
        "insert into broker (id, instance, address, started_at, lease_until, country_file)"
            + " values (?, ?, ?, ?, ?, ?)"
            + " on conflict (id) do update set started_at ="
            + " case when broker.instance = excluded.instance then broker.started_at"
            + " else excluded.started_at end,"
            + " instance = excluded.instance, address = excluded.address,"
            + " lease_until = excluded.lease_until, country_file = excluded.country_file",
        id,
        instance,
        address,
        now,
        now.plus(validity),
        countryFile);
  }

  /// Gives a lease back, if this process still has it.
  public void release(String id, byte[] instance) {
    database.update(
        "release the broker's lease",
        "delete from broker where id = ? and instance = ?",
        id,
        instance);
  }

  /// Whether a broker that runs now can tell the country of an address.
  public boolean anyHasCountryFile() {
    return database
        .first(
            "look for country files",
            row -> row.getBoolean(1),
            "select exists (select from broker where country_file and lease_until > ?)",
            clock.instant())
        .orElseThrow();
  }

  /// The brokers that run now.
  public List<Live> live() {
    return database.list(
        "read brokers",
        row ->
            new Live(
                row.getString("id"),
                row.getString("address"),
                Database.instant(row, "lease_until")),
        "select id, address, lease_until from broker where lease_until > ? order by id",
        clock.instant());
  }
}
