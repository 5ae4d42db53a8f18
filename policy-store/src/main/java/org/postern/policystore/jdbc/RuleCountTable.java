package org.postern.policystore.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.decision.RuleCounts;

/// What rules did, added up by all brokers. Blocking; any thread. Adding does not move the policy
/// version.
public final class RuleCountTable {
  private final Database database;

  /// Over a data source.
  public RuleCountTable(DataSource source) {
    this.database = new Database(source);
  }

  /// Adds what one broker counted, and forgets rules that are no more.
  public void add(Map<String, RuleCounts> counts) {
    if (counts.isEmpty()) {
      return;
    }
    List<@Nullable Object[]> rows = new ArrayList<>();
    // In one order everywhere, so that two brokers never wait for each other in a circle.
    for (Map.Entry<String, RuleCounts> entry : new java.util.TreeMap<>(counts).entrySet()) {
      RuleCounts count = entry.getValue();
      rows.add(
          new @Nullable Object[] {
            entry.getKey(),
            count.hits(),
            count.reports(),
            count.changes(),
            Instant.ofEpochMilli(count.lastHitMillis())
          });
    }
    database.transaction(
        "add rule counts",
        connection -> {
          Database.batch(
              connection,
              "insert into rule_count as c (rule, hits, reports, changes, last_hit)"
                  + " values (?, ?, ?, ?, ?) on conflict (rule) do update set"
                  + " hits = c.hits + excluded.hits, reports = c.reports + excluded.reports,"
                  + " changes = c.changes + excluded.changes,"
                  + " last_hit = greatest(c.last_hit, excluded.last_hit)",
              rows);
          return Database.update(
              connection,
              "delete from rule_count where rule not in (select name from access_rule)");
        });
  }

  /// What every rule did that did anything, by name.
  public Map<String, RuleCounts> all() {
    Map<String, RuleCounts> all = new HashMap<>();
    database.list(
        "read rule counts",
        row -> all.put(row.getString("rule"), counts(row)),
        "select rule, hits, reports, changes, last_hit from rule_count");
    return all;
  }

  private static RuleCounts counts(ResultSet row) throws SQLException {
    return new RuleCounts(
        row.getLong("hits"),
        row.getLong("reports"),
        row.getLong("changes"),
        Database.instant(row, "last_hit").toEpochMilli());
  }
}
