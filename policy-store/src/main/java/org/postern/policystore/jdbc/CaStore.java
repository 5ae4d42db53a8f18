package org.postern.policystore.jdbc;

import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;

/// Sealed material by name: the certificate authority. What is stored once is never overwritten
/// here. Blocking; any thread.
public final class CaStore {
  private final Database database;
  private final InstantSource clock;

  /// Over a data source.
  public CaStore(DataSource source, InstantSource clock) {
    this.database = new Database(source);
    this.clock = clock;
  }

  /// The sealed bytes under a name.
  public Optional<byte[]> load(String name) {
    return database.first(
        "read sealed material",
        row -> row.getBytes(1),
        "select sealed from sealed_material where name = ?",
        name);
  }

  /// Stores bytes under a name that has none, and answers those that are stored now: of two brokers
  /// that start at once, both get the first one's.
  public byte[] saveIfAbsent(String name, byte[] sealed) {
    return database.transaction(
        "save sealed material",
        connection -> {
          Database.update(
              connection,
              "insert into sealed_material (name, sealed, created_at) values (?, ?, ?)"
                  + " on conflict (name) do nothing",
              name,
              sealed,
              clock.instant());
          return Database.first(
                  connection,
                  row -> row.getBytes(1),
                  "select sealed from sealed_material where name = ?",
                  name)
              .orElseThrow();
        });
  }
}
