package org.postern.policystore.jdbc;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postern.policystore.UserRecord;

/// Administrators who sign in through a provider: one account for each of its users, with the role
/// that the provider's word gives at each sign-in. Blocking; any thread.
public final class ProviderAdministrators {
  private static final Pattern SHOWN = Pattern.compile("[a-z0-9][a-z0-9._@+-]{0,99}");

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source.
  public ProviderAdministrators(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Somebody signs in: the account is found by the user, never by a name, or made. Another role
  /// than last time ends whatever is open with the old one.
  ///
  /// @return the account; look whether an owner disabled it
  public Administrators.Administrator admit(String provider, UserRecord user, String role) {
    return database.transaction(
        "admit an administrator of a provider",
        connection -> {
          Administrators.lock(connection);
          Instant now = clock.instant();
          Optional<Administrators.Administrator> known =
              Database.first(
                  connection,
                  Administrators::read,
                  "select"
                      + Administrators.COLUMNS
                      + "from administrator where provider = ? and user_id = ?",
                  provider,
                  user.id());
          String id = known.map(Administrators.Administrator::id).orElseGet(() -> tokens.id("a-"));
          String name = name(provider, user);
          boolean taken =
              Database.first(
                      connection,
                      row -> "",
                      "select from administrator where name = ? and id <> ?",
                      name,
                      id)
                  .isPresent();
          if (taken) {
            name = provider + ":" + user.id();
          }
          if (known.isEmpty()) {
            Database.update(
                connection,
                "insert into administrator (id, name, role, created_at, created_by, provider,"
                    + " user_id) values (?, ?, ?, ?, ?, ?, ?)",
                id,
                name,
                role,
                now,
                "identity provider " + provider,
                provider,
                user.id());
          } else {
            if (!known.get().role().equals(role)) {
              new AdministratorEndings(connection, now, "you signed in again, with another role")
                  .all(id);
            }
            Database.update(
                connection,
                "update administrator set name = ?, role = ? where id = ?",
                name,
                role,
                id);
          }
          return new Administrators.Administrator(
              id,
              name,
              role,
              known.map(Administrators.Administrator::disabled).orElse(false),
              provider);
        });
  }

  private static String name(String provider, UserRecord user) {
    String email = user.email().toLowerCase(Locale.ROOT);
    return provider + ":" + (SHOWN.matcher(email).matches() ? email : user.id());
  }
}
