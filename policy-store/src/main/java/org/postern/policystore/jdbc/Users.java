package org.postern.policystore.jdbc;

import static org.postern.policystore.jdbc.Database.texts;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.postern.policystore.AsciiCase;
import org.postern.policystore.Person;
import org.postern.policystore.UserRecord;

/// People. Blocking; any thread.
public final class Users {
  static final String COLUMNS =
      "select id, provider, subject, email, name, disabled or inactive or suspended as disabled,"
          + " provider_groups, scim_groups, attributes from app_user ";

  private final Database database;
  private final Tokens tokens;
  private final InstantSource clock;

  /// Over a data source, with the randomness that ids are made of.
  public Users(DataSource source, SecureRandom random, InstantSource clock) {
    this.database = new Database(source);
    this.tokens = new Tokens(random);
    this.clock = clock;
  }

  /// Finds or makes the user of a (provider, subject) pair and takes over what the provider says of
  /// them now. A disabled user stays disabled: look at the answer. Without a change the policy
  /// version does not move.
  ///
  /// @param person with an e-mail address only if the provider's word on it counts
  /// @throws PlaceholderSubjectException if the subject is what stands in the place of one
  public UserRecord signIn(String provider, Person person) {
    String subject = person.subject();
    String address = AsciiCase.fold(person.email());
    String name = person.name();
    List<String> sorted = List.copyOf(new TreeSet<>(person.groups()));
    List<String> attributes = flat(person.attributes());
    return database.transaction(
        "sign a user in",
        connection -> {
          UserLinks.beforeSignIn(connection, provider, subject, address);
          Optional<UserRecord> known = bySubject(connection, provider, subject);
          if (known.isEmpty()) {
            // Two first sign-ins at once: one inserts, the other finds the row.
            Database.update(
                connection,
                "insert into app_user (id, provider, subject, email, name, provider_groups,"
                    + " attributes, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)"
                    + " on conflict (provider, subject) do nothing",
                tokens.id("u-"),
                provider,
                subject,
                address,
                name,
                sorted,
                attributes,
                clock.instant());
          }
          // Of a provisioned user the provider keeps address and name current by SCIM.
          Database.update(
              connection,
              "update app_user u set provider_groups = ?, attributes = ?,"
                  + " email = case when p.provisioned then email else ? end,"
                  + " name = case when p.provisioned then name else ? end"
                  + " from (select exists (select from scim_user s join app_user a"
                  + " on a.id = s.user_id where a.provider = ? and a.subject = ?) as provisioned) p"
                  + " where u.provider = ? and u.subject = ?",
              sorted,
              attributes,
              address,
              name,
              provider,
              subject,
              provider,
              subject);
          return bySubject(connection, provider, subject)
              .orElseThrow(() -> new PlaceholderSubjectException(provider));
        });
  }

  /// Without attributes.
  public UserRecord signIn(
      String provider, String subject, String email, String name, List<String> groups) {
    return signIn(provider, new Person(subject, email, name, groups, Map.of()));
  }

  private static Optional<UserRecord> bySubject(
      Connection connection, String provider, String subject) throws SQLException {
    return Database.first(
        connection,
        Users::read,
        COLUMNS + "where provider = ? and subject = ? and not subject_pending",
        provider,
        subject);
  }

  /// One user by id.
  public Optional<UserRecord> find(String userId) {
    return database.first("read a user", Users::read, COLUMNS + "where id = ?", userId);
  }

  /// Users with an e-mail address: several, if several providers know it.
  public List<UserRecord> withEmail(String email) {
    return database.list(
        "read users", Users::read, COLUMNS + "where email = ? order by id", AsciiCase.fold(email));
  }

  /// Shuts a user out, or lets them in again; letting in also ends a suspension by a shared signal.
  /// Who is inactive by SCIM stays out until the provider says otherwise.
  ///
  /// @return whether there is such a user
  public boolean setDisabled(String userId, boolean disabled) {
    return database.update(
            "change a user",
            "update app_user set disabled = ?, suspended = suspended and ? where id = ?",
            disabled,
            disabled,
            userId)
        == 1;
  }

  /// Shuts a user out by a shared signal, or lets them in again as far as signals go.
  ///
  /// @return whether there is such a user
  public boolean setSuspended(String userId, boolean suspended) {
    return database.update(
            "change a user", "update app_user set suspended = ? where id = ?", suspended, userId)
        == 1;
  }

  /// Why users are shut out, by id; users in good standing are not in it.
  public Map<String, List<String>> shutOut() {
    Map<String, List<String>> reasons = new HashMap<>();
    database.list(
        "read users",
        row -> {
          List<String> why = new ArrayList<>();
          if (row.getBoolean("disabled")) {
            why.add("administrator");
          }
          if (row.getBoolean("inactive")) {
            why.add("scim");
          }
          if (row.getBoolean("suspended")) {
            why.add("signal");
          }
          reasons.put(row.getString("id"), why);
          return "";
        },
        "select id, disabled, inactive, suspended from app_user"
            + " where disabled or inactive or suspended");
    return reasons;
  }

  /// The user of a (provider, subject) pair, as a token of that provider names them.
  public Optional<UserRecord> withSubject(String provider, String subject) {
    return database.first(
        "read a user",
        Users::read,
        COLUMNS + "where provider = ? and subject = ? and not subject_pending",
        provider,
        subject);
  }

  /// The users of one provider with an e-mail address.
  public List<UserRecord> withEmail(String provider, String email) {
    return database.list(
        "read users",
        Users::read,
        COLUMNS + "where provider = ? and email = ? order by id",
        provider,
        AsciiCase.fold(email));
  }

  static UserRecord read(ResultSet row) throws SQLException {
    return new UserRecord(
        row.getString("id"),
        row.getString("provider"),
        row.getString("subject"),
        row.getString("email"),
        row.getString("name"),
        row.getBoolean("disabled"),
        groups(texts(row, "provider_groups"), texts(row, "scim_groups")),
        attributes(texts(row, "attributes")));
  }

  /// Groups of the last sign-in and of SCIM. The names are few and the users many: each name is
  /// kept once.
  private static List<String> groups(List<String> claimed, List<String> provisioned) {
    if (claimed.isEmpty() && provisioned.isEmpty()) {
      return List.of();
    }
    LinkedHashSet<String> all = new LinkedHashSet<>();
    claimed.forEach(name -> all.add(name.intern()));
    provisioned.forEach(name -> all.add(name.intern()));
    return List.copyOf(all);
  }

  /// Name, value, name, value, ...; a name with several values comes several times.
  private static List<String> flat(Map<String, List<String>> attributes) {
    List<String> flat = new ArrayList<>();
    new TreeMap<>(attributes)
        .forEach((name, values) ->
            values.forEach(value -> {
              flat.add(name);
              flat.add(value);
            }));
    return flat;
  }

  private static Map<String, List<String>> attributes(List<String> flat) {
    Map<String, List<String>> attributes = new TreeMap<>();
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      attributes.computeIfAbsent(flat.get(i), name -> new ArrayList<>()).add(flat.get(i + 1));
    }
    return attributes;
  }
}
