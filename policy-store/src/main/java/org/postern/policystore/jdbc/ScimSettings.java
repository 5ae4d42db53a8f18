package org.postern.policystore.jdbc;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/// What goes with a provider's SCIM service beside its resources: schema extensions, and when it
/// was heard. Blocking; any thread.
public final class ScimSettings {
  private final Database database;

  /// Over a data source.
  public ScimSettings(DataSource source) {
    this.database = new Database(source);
  }

  /// The custom extensions of User, as SCIM schema documents by URN.
  public Map<String, String> schemas(String provider) {
    Map<String, String> schemas = new LinkedHashMap<>();
    database.list(
        "read SCIM schemas",
        row -> schemas.put(row.getString("urn"), row.getString("document")),
        "select urn, document from scim_schema where provider = ? order by urn",
        provider);
    return schemas;
  }

  /// Adds a schema extension, or replaces it.
  public void putSchema(String provider, String urn, String document) {
    database.update(
        "write a SCIM schema",
        "insert into scim_schema (provider, urn, document) values (?, ?, ?)"
            + " on conflict (provider, urn) do update set document = excluded.document",
        provider,
        urn,
        document);
  }

  /// Takes a schema extension away; resources keep what they have of it until they are written.
  ///
  /// @return whether there was one
  public boolean removeSchema(String provider, String urn) {
    return database.update(
            "remove a SCIM schema",
            "delete from scim_schema where provider = ? and urn = ?",
            provider,
            urn)
        == 1;
  }

  /// What one broker heard since it wrote last.
  public record Heard(
      long requests,
      long errors,
      Optional<Instant> lastRequestAt,
      Optional<Instant> lastChangeAt,
      Optional<Instant> lastErrorAt,
      Optional<String> lastError) {}

  /// Adds what a broker heard.
  public void heard(String provider, String broker, Heard heard) {
    database.update(
        "note a SCIM client",
        "insert into scim_sync as s (provider, broker, last_request_at, last_change_at,"
            + " last_error_at, last_error, requests, errors) values (?, ?, cast(? as timestamptz),"
            + " cast(? as timestamptz), cast(? as timestamptz), ?, ?, ?)"
            + " on conflict (provider, broker) do update set"
            + " last_request_at = coalesce(excluded.last_request_at, s.last_request_at),"
            + " last_change_at = coalesce(excluded.last_change_at, s.last_change_at),"
            + " last_error_at = coalesce(excluded.last_error_at, s.last_error_at),"
            + " last_error = coalesce(excluded.last_error, s.last_error),"
            + " requests = s.requests + excluded.requests, errors = s.errors + excluded.errors",
        provider,
        broker,
        heard.lastRequestAt().orElse(null),
        heard.lastChangeAt().orElse(null),
        heard.lastErrorAt().orElse(null),
        heard.lastError().orElse(null),
        heard.requests(),
        heard.errors());
  }

  /// How provisioning of a provider stands, over all brokers.
  ///
  /// @param usersNotProvisioned signed in through this provider, unknown to its SCIM client: SCIM
  ///   cannot shut them out
  public record Status(
      String provider,
      int users,
      int usersActive,
      int usersNotProvisioned,
      int groups,
      long tokens,
      Heard heard) {}

  /// Of every provider that has SCIM tokens or resources.
  public List<Status> status() {
    return database.list(
        "read the state of provisioning",
        row ->
            new Status(
                row.getString("provider"),
                row.getInt("users"),
                row.getInt("active"),
                row.getInt("unlinked"),
                row.getInt("groups"),
                row.getLong("tokens"),
                new Heard(
                    row.getLong("requests"),
                    row.getLong("errors"),
                    Optional.ofNullable(Database.instantOrNull(row, "request_at")),
                    Optional.ofNullable(Database.instantOrNull(row, "change_at")),
                    Optional.ofNullable(Database.instantOrNull(row, "error_at")),
                    Optional.ofNullable(row.getString("error")))),
        """
        select p.provider,
          (select count(*) from scim_user u where u.provider = p.provider) as users,
          (select count(*) from scim_user u where u.provider = p.provider and u.active) as active,
          (select count(*) from app_user a where a.provider = p.provider and not a.subject_pending
             and not exists (select from scim_user u where u.user_id = a.id)) as unlinked,
          (select count(*) from scim_group g where g.provider = p.provider) as groups,
          (select count(*) from scim_token t where t.provider = p.provider
             and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())) as tokens,
          coalesce(sum(s.requests), 0) as requests, coalesce(sum(s.errors), 0) as errors,
          max(s.last_request_at) as request_at, max(s.last_change_at) as change_at,
          max(s.last_error_at) as error_at,
          (array_agg(s.last_error order by s.last_error_at desc nulls last))[1] as error
        from (select provider from scim_token union select provider from scim_user) p
          left join scim_sync s on s.provider = p.provider
        group by p.provider order by p.provider
        """);
  }
}
