package org.postern.acceptance.bench.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/**
 * A large policy and its people, put into the tables in one transaction: what an administrator
 * would have grown over years. Blocking; any thread.
 */
public final class SeededPolicy {
  private static final List<String> SEED =
      List.of(
          "insert into connector_group (name) values ('seeded')",
          "insert into user_group (name)"
              + " select 'group-' || g from generate_series(0, %3$d - 1) g",
          "insert into application (name)"
              + " select 'app-' || a from generate_series(0, %1$d - 1) a",
          "insert into application_host (application, pattern)"
              + " select 'app-' || a, 'app-' || a || '.bench.internal'"
              + " from generate_series(0, %1$d - 1) a",
          "insert into application_port (application, transport, low, high)"
              + " select 'app-' || a, 'tcp', 443, 443 from generate_series(0, %1$d - 1) a",
          "insert into application_connector_group (application, connector_group)"
              + " select 'app-' || a, 'seeded' from generate_series(0, %1$d - 1) a",
          "insert into access_rule (name, position, action)"
              + " select 'rule-' || r, 1000000 + r * 1000, case r %% 10 when 0 then 'deny' else"
              + " 'allow' end from generate_series(0, %2$d - 1) r",
          "insert into access_rule_application (access_rule, application)"
              + " select 'rule-' || r, 'app-' || (r * 7919 + i * 104729) %% %1$d"
              + " from generate_series(0, %2$d - 1) r, generate_series(0, 9) i"
              + " on conflict do nothing",
          "insert into access_rule_group (access_rule, user_group)"
              + " select 'rule-' || r, 'group-' || (r + i * 101) %% %3$d"
              + " from generate_series(0, %2$d - 1) r, generate_series(0, 4) i"
              + " on conflict do nothing",
          "insert into app_user (id, provider, subject, email, name, provider_groups, created_at)"
              + " select 'u-seeded-' || u, '%5$s', 'subject-' || u, 'person-' || u ||"
              + " '@example.com', 'Person ' || u, array(select 'group-' || (u + i * 97) %% %3$d"
              + " from generate_series(0, 19) i), now() from generate_series(0, %4$d - 1) u",
          "analyze");

  private final DataSource source;

  /** Into the database behind it. */
  public SeededPolicy(BenchDatabase database) {
    this.source = database.source();
  }

  /** How many of each; all users are the provider's, in twenty groups each. */
  public record Size(int applications, int rules, int groups, int users) {}

  /** Puts it there. */
  public void write(Size size, String provider) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String sql : SEED) {
        statement.execute(
            sql.formatted(
                size.applications(), size.rules(), size.groups(), size.users(), provider));
      }
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException("the policy cannot be seeded", e);
    }
  }

  /** Makes one of the people a member of one more group. */
  public void join(String user, String group) {
    update(
        "update app_user set provider_groups = array_append(provider_groups, ?) where id = ?",
        group,
        user);
  }

  /** Another action for a rule, committed when this returns. */
  public void change(String rule, String action) {
    update("update access_rule set action = ? where name = ?", action, rule);
  }

  private void update(String sql, String first, String second) {
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, first);
      statement.setString(2, second);
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException(second + " is not there");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(second + " cannot be changed", e);
    }
  }
}
