package org.postern.policystore.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.posture.DevicePosture;
import org.postern.policystore.posture.Fact;
import org.postern.policystore.posture.FactKind;
import org.postern.policystore.posture.FactName;

/// The latest posture report of each device. Blocking; any thread.
public final class PostureReports {
  private final Database database;

  /// Over a data source.
  public PostureReports(DataSource source) {
    this.database = new Database(source);
  }

  /// Keeps a report in the place of the one before, unless a later one is there already.
  public void save(String deviceId, DevicePosture posture) {
    database.transaction(
        "keep a posture report",
        connection -> {
          List<String> met = new ArrayList<>();
          posture
              .metUntil()
              .forEach((profile, until) -> met.add(profile + "=" + until.toEpochMilli()));
          int kept =
              Database.update(
                  connection,
                  "insert into posture_report (device_id, received_at, met_until)"
                      + " values (?, ?, ?) on conflict (device_id) do update set"
                      + " received_at = excluded.received_at, met_until = excluded.met_until"
                      + " where posture_report.received_at <= excluded.received_at",
                  deviceId,
                  posture.receivedAt(),
                  met);
          if (kept == 1) {
            Database.update(connection, "delete from posture_fact where device_id = ?", deviceId);
            List<@Nullable Object[]> rows = new ArrayList<>();
            posture.facts().forEach((name, fact) -> rows.add(row(deviceId, name, fact)));
            Database.batch(
                connection,
                "insert into posture_fact (device_id, kind, subject, type, value)"
                    + " values (?, ?, ?, ?, ?)",
                rows);
          }
          return kept;
        });
  }

  private static @Nullable Object[] row(String deviceId, FactName name, Fact fact) {
    String type =
        switch (fact) {
          case Fact.Flag flag -> "flag";
          case Fact.Amount number -> "number";
          case Fact.Text text -> "text";
          case Fact.Missing missing -> "missing";
        };
    String value =
        switch (fact) {
          case Fact.Flag(boolean yes) -> Boolean.toString(yes);
          case Fact.Amount(long number) -> Long.toString(number);
          case Fact.Text(String text) -> text;
          case Fact.Missing(String why) -> why;
        };
    return new Object[] {deviceId, name.kind().name(), name.subject(), type, value};
  }

  /// Notes that the same facts were reported again.
  public void confirmed(String deviceId, Instant receivedAt) {
    database.update(
        "note a posture report",
        "update posture_report set received_at = ? where device_id = ? and received_at <= ?",
        receivedAt,
        deviceId,
        receivedAt);
  }

  /// What a device said last.
  public Optional<DevicePosture> find(String deviceId) {
    return database.transaction(
        "read a posture report",
        connection -> {
          SortedMap<FactName, Fact> facts = new TreeMap<>();
          Database.list(
              connection,
              row ->
                  facts.put(
                      new FactName(
                          FactKind.valueOf(row.getString("kind")), row.getString("subject")),
                      fact(row)),
              "select kind, subject, type, value from posture_fact where device_id = ?",
              deviceId);
          return Database.first(
              connection,
              row ->
                  new DevicePosture(
                      facts,
                      Database.instant(row, "received_at"),
                      met(Database.texts(row, "met_until"))),
              "select received_at, met_until from posture_report where device_id = ?",
              deviceId);
        });
  }

  /// What all devices said last, by their ids.
  public Map<String, DevicePosture> all() {
    return database.transaction(
        "read posture reports",
        connection -> {
          Map<String, SortedMap<FactName, Fact>> facts = new HashMap<>();
          Database.list(
              connection,
              row ->
                  facts
                      .computeIfAbsent(row.getString("device_id"), key -> new TreeMap<>())
                      .put(
                          new FactName(
                              FactKind.valueOf(row.getString("kind")), row.getString("subject")),
                          fact(row)),
              "select device_id, kind, subject, type, value from posture_fact");
          Map<String, DevicePosture> all = new HashMap<>();
          Database.list(
              connection,
              row ->
                  all.put(
                      row.getString("device_id"),
                      new DevicePosture(
                          facts.getOrDefault(row.getString("device_id"), new TreeMap<>()),
                          Database.instant(row, "received_at"),
                          met(Database.texts(row, "met_until")))),
              "select device_id, received_at, met_until from posture_report");
          return all;
        });
  }

  private static Map<String, Instant> met(List<String> texts) {
    Map<String, Instant> met = new TreeMap<>();
    for (String text : texts) {
      int equals = text.lastIndexOf('=');
      met.put(
          text.substring(0, equals),
          Instant.ofEpochMilli(Long.parseLong(text.substring(equals + 1))));
    }
    return met;
  }

  private static Fact fact(ResultSet row) throws SQLException {
    String value = row.getString("value");
    return switch (row.getString("type")) {
      case "flag" -> new Fact.Flag(Boolean.parseBoolean(value));
      case "number" -> new Fact.Amount(Long.parseLong(value));
      case "text" -> new Fact.Text(value);
      default -> new Fact.Missing(value);
    };
  }
}
