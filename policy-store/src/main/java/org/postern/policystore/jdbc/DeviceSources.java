package org.postern.policystore.jdbc;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// The address from which each device was linked last, whichever broker it was. Moves no policy
/// version. Blocking; any thread.
public final class DeviceSources {
  /// Where a device was seen.
  ///
  /// @param address in numbers, IPv4 or IPv6; empty: the link had none
  public record Seen(String deviceId, String address, Instant at) {}

  private final Database database;

  /// Over a data source.
  public DeviceSources(DataSource source) {
    this.database = new Database(source);
  }

  /// Keeps the newest of each device; devices that there are not are left out.
  public void save(List<Seen> seen) {
    List<@Nullable Object[]> rows = new ArrayList<>();
    for (Seen each : seen) {
      rows.add(new Object[] {each.address(), each.at(), each.deviceId()});
    }
    database.transaction(
        "keep where devices were seen",
        connection -> {
          Database.batch(
              connection,
              "insert into device_source (device_id, address, seen_at)"
                  + " select id, ?, ? from device where id = ?"
                  + " on conflict (device_id) do update set"
                  + " address = excluded.address, seen_at = excluded.seen_at"
                  + " where device_source.seen_at <= excluded.seen_at",
              rows);
          return "";
        });
  }

  /// Where one device was seen last.
  public Optional<String> find(String deviceId) {
    return database.first(
        "read where a device was seen",
        row -> row.getString("address"),
        "select address from device_source where device_id = ?",
        deviceId);
  }

  /// Where each device was seen last, by its id.
  public Map<String, String> all() {
    Map<String, String> all = new HashMap<>();
    database.list(
        "read where devices were seen",
        row -> all.put(row.getString("device_id"), row.getString("address")),
        "select device_id, address from device_source");
    return all;
  }
}
