package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Condition;
import org.postern.policystore.ConditionText;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRule;
import org.postern.policystore.yaml.OperandRows;

/// Rules of the three kinds, out of their tables and into them.
final class RuleTables {
  /// A rule and its place among those of its kind.
  record Placed(Rule rule, long position) {}

  /// No value holds a control character.
  private static final String VALUE_SEPARATOR = "\u001f";

  private RuleTables() {}

  // -- reading

  /// Rules that changed after a version, in no order.
  static List<Placed> newer(Connection connection, long since) throws SQLException {
    List<String> names =
        Database.list(
            connection,
            row -> row.getString(1),
            "select name from access_rule where row_version > ?",
            since);
    if (names.isEmpty()) {
      return List.of();
    }
    Map<String, List<String>> applications = parts(connection, "application", "application", names);
    Map<String, List<String>> groups = parts(connection, "group", "user_group", names);
    Map<String, List<String>> users = parts(connection, "user", "email", names);
    Map<String, List<Condition>> conditions = conditions(connection, names);
    return Database.list(
        connection,
        row -> {
          String name = row.getString("name");
          RuleMatch match =
              new RuleMatch(
                  new RuleMatch.Targets(
                      row.getBoolean("any_application"),
                      applications.getOrDefault(name, List.of()),
                      Database.texts(row, "application_groups"),
                      labels(row)),
                  new RuleMatch.Subjects(
                      row.getBoolean("anyone"),
                      groups.getOrDefault(name, List.of()),
                      users.getOrDefault(name, List.of()),
                      Database.texts(row, "workloads")),
                  conditions.getOrDefault(name, List.of()));
          return new Placed(rule(row, name, match), row.getLong("position"));
        },
        "select * from access_rule where name = any (?)",
        names);
  }

  static List<Label> labels(ResultSet row) throws SQLException {
    return Database.texts(row, "labels").stream()
        .map(text ->
            new Label(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1)))
        .toList();
  }

  private static Map<String, List<String>> parts(
      Connection connection, String table, String column, List<String> rules) throws SQLException {
    Map<String, List<String>> parts = new HashMap<>();
    Database.list(
        connection,
        row ->
            parts.computeIfAbsent(row.getString(1), key -> new ArrayList<>()).add(row.getString(2)),
        "select access_rule, "
            + column
            + " from access_rule_"
            + table
            + " where access_rule = any (?)",
        rules);
    parts.values().forEach(list -> list.sort(Comparator.naturalOrder()));
    return parts;
  }

  private static Map<String, List<Condition>> conditions(Connection connection, List<String> rules)
      throws SQLException {
    Map<String, List<Condition>> conditions = new HashMap<>();
    Database.list(
        connection,
        row -> {
          String word = row.getString("operand");
          Operand operand =
              OperandRows.read(word, row.getString("name"), Database.texts(row, "vals"))
                  .orElseThrow(() -> new SQLException("unknown condition: " + word));
          return conditions
              .computeIfAbsent(row.getString("access_rule"), key -> new ArrayList<>())
              .add(new Condition(row.getBoolean("negated"), operand));
        },
        "select access_rule, negated, operand, name, vals from access_rule_condition"
            + " where access_rule = any (?) order by access_rule, position",
        rules);
    return conditions;
  }

  private static Rule rule(ResultSet row, String name, RuleMatch match) throws SQLException {
    RuleMode mode = mode(row);
    Instant expires = Database.instantOrNull(row, "expires_at");
    Duration age = Duration.ofSeconds(row.getLong("age_max_seconds"));
    Duration idle = Duration.ofSeconds(row.getLong("idle_max_seconds"));
    String kind = row.getString("kind");
    return switch (kind) {
      case "session" -> new SessionRule(name, match, mode, expires, age, idle);
      case "forwarding" ->
          new ForwardingRule(
              name,
              match,
              mode,
              expires,
              ForwardingRule.Forwarding.valueOf(constant(row.getString("forwarding"))));
      case "access" ->
          new AccessRule(
              name,
              AccessRule.Action.valueOf(constant(row.getString("action"))),
              match,
              mode,
              new AccessRule.Terms(
                  row.getString("message"),
                  Database.texts(row, "steering"),
                  expires,
                  new AccessRule.SignInStrength(
                      age,
                      Database.texts(row, "step_up_methods"),
                      Database.texts(row, "step_up_contexts"))));
      default -> throw new SQLException("unknown kind of rule: " + kind);
    };
  }

  private static RuleMode mode(ResultSet row) throws SQLException {
    String mode = row.getString("mode");
    return switch (mode) {
      case "off" -> new RuleMode.Off();
      case "report-only" -> new RuleMode.ReportOnly();
      case "enforce" -> RuleMode.ENFORCE;
      case "percent" -> new RuleMode.EnforcePercent(row.getInt("mode_percent"));
      case "group" -> new RuleMode.EnforceGroup(row.getString("mode_group"));
      default -> throw new SQLException("unknown mode of a rule: " + mode);
    };
  }

  static String constant(String word) {
    return word.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  // -- writing

  /// Writes rules that are not there.
  static void insert(Connection connection, List<? extends Rule> rules) throws SQLException {
    List<@Nullable Object[]> rows = new ArrayList<>();
    Columns applications = new Columns(2);
    Columns groups = new Columns(2);
    Columns users = new Columns(2);
    Columns conditions = new Columns(6);
    for (Rule rule : rules) {
      String name = rule.name();
      // The right position comes later; until commit nobody checks.
      rows.add(row(rule));
      rule.match().targets().applications().forEach(each -> applications.add(name, each));
      rule.match().subjects().groups().forEach(each -> groups.add(name, each));
      rule.match().subjects().users().forEach(each -> users.add(name, each));
      int position = 0;
      for (Condition condition : rule.match().conditions()) {
        Operand operand = condition.operand();
        conditions.add(
            name,
            Integer.toString(position++),
            Boolean.toString(condition.negated()),
            ConditionText.word(operand),
            operand instanceof Operand.Attribute attribute ? attribute.name() : "",
            String.join(VALUE_SEPARATOR, ConditionText.values(operand)));
      }
    }
    Database.batch(
        connection,
        "insert into access_rule (name, kind, position, action, anyone, any_application,"
            + " application_groups, labels, workloads, mode, mode_percent, mode_group, message,"
            + " steering, expires_at, step_up_methods, step_up_contexts, age_max_seconds,"
            + " idle_max_seconds, forwarding)"
            + " values (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows);
    // One statement for each table: the triggers look at whole statements.
    applications.write(
        connection,
        "insert into access_rule_application (access_rule, application)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))");
    groups.write(
        connection,
        "insert into access_rule_group (access_rule, user_group)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))");
    users.write(
        connection,
        "insert into access_rule_user (access_rule, email)"
            + " select * from unnest(cast(? as text[]), cast(? as text[]))");
    conditions.write(
        connection,
        "insert into access_rule_condition (access_rule, position, negated, operand, name, vals)"
            + " select r, p, n, o, a, string_to_array(v, chr(31))"
            + " from unnest(cast(? as text[]), cast(? as int[]), cast(? as boolean[]),"
            + " cast(? as text[]), cast(? as text[]), cast(? as text[])) t (r, p, n, o, a, v)");
  }

  /// Rows, column by column.
  private static final class Columns {
    private final List<List<String>> columns = new ArrayList<>();

    Columns(int count) {
      for (int i = 0; i < count; i++) {
        columns.add(new ArrayList<>());
      }
    }

    void add(String... values) {
      for (int i = 0; i < values.length; i++) {
        columns.get(i).add(values[i]);
      }
    }

    void write(Connection connection, String sql) throws SQLException {
      if (!columns.getFirst().isEmpty()) {
        Database.update(connection, sql, columns.toArray());
      }
    }
  }

  private static @Nullable Object[] row(Rule rule) {
    AccessRule.Terms terms =
        rule instanceof AccessRule access ? access.terms() : AccessRule.Terms.NONE;
    Duration age = rule instanceof SessionRule session ? session.ageMax() : terms.stepUp().ageMax();
    Duration idle = rule instanceof SessionRule session ? session.idleMax() : Duration.ZERO;
    RuleMatch.Targets targets = rule.match().targets();
    return new @Nullable Object[] {
      rule.name(),
      kind(rule),
      rule instanceof AccessRule access ? ConditionText.word(access.action()) : null,
      rule.match().subjects().anyone(),
      targets.any(),
      targets.groups(),
      targets.labels().stream().map(Label::toString).toList(),
      rule.match().subjects().workloads(),
      modeWord(rule.mode()),
      rule.mode() instanceof RuleMode.EnforcePercent(int percent) ? percent : null,
      rule.mode() instanceof RuleMode.EnforceGroup(String group) ? group : null,
      terms.message(),
      terms.connectorGroups(),
      rule.expires(),
      terms.stepUp().methods(),
      terms.stepUp().contexts(),
      age.toSeconds(),
      idle.toSeconds(),
      rule instanceof ForwardingRule forwarding ? ConditionText.word(forwarding.forwarding()) : null
    };
  }

  private static String kind(Rule rule) {
    return switch (rule) {
      case AccessRule access -> "access";
      case SessionRule session -> "session";
      case ForwardingRule forwarding -> "forwarding";
    };
  }

  private static String modeWord(RuleMode mode) {
    return switch (mode) {
      case RuleMode.Off off -> "off";
      case RuleMode.ReportOnly reportOnly -> "report-only";
      case RuleMode.Enforce enforce -> "enforce";
      case RuleMode.EnforcePercent percent -> "percent";
      case RuleMode.EnforceGroup group -> "group";
    };
  }

  /// Puts the rules of one kind into order, moving as few as possible.
  static void order(Connection connection, String kind, List<? extends Rule> rules)
      throws SQLException {
    Map<String, Long> known = new HashMap<>();
    Database.list(
        connection,
        row -> known.put(row.getString(1), row.getLong(2)),
        "select name, position from access_rule where kind = ?",
        kind);
    Map<String, Long> positions =
        RulePositions.toWrite(rules.stream().map(Rule::name).toList(), known);
    Columns rows = new Columns(2);
    positions.forEach((name, position) -> {
      if (!position.equals(known.get(name))) {
        rows.add(name, position.toString());
      }
    });
    rows.write(
        connection,
        "update access_rule r set position = o.position"
            + " from unnest(cast(? as text[]), cast(? as bigint[])) o (name, position)"
            + " where r.name = o.name");
  }
}
