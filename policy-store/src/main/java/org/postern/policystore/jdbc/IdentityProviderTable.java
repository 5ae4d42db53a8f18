package org.postern.policystore.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.IdentityProvider.Attributes;
import org.postern.policystore.IdentityProvider.Audience;
import org.postern.policystore.IdentityProvider.OpenIdConnect;
import org.postern.policystore.IdentityProvider.Protocol;
import org.postern.policystore.IdentityProvider.Saml;
import org.postern.policystore.IdentityProvider.SamlMetadata;
import org.postern.policystore.IdentityProvider.SamlOption;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.SecretSealer;

/// The table of identity providers, row by row.
final class IdentityProviderTable {
  private static final String SELECT =
      "select name, issuer, client_id, secret_kind, secret_location, groups_claim, domains,"
          + " allow_plain_http, protocol, any_domain, audiences, attributes, saml_metadata_kind,"
          + " saml_metadata, saml_entity_id, saml_subject, saml_email, saml_display_name,"
          + " saml_options, saml_consumer_urls, scopes, session_seconds, administrators,"
          + " user_info, devices_per_user, saml_metadata_signers from identity_provider";
  private static final String UPSERT =
      "insert into identity_provider (name, issuer, client_id, secret_kind, secret_location,"
          + " secret_sealed, groups_claim, domains, allow_plain_http, protocol, any_domain,"
          + " audiences, attributes, saml_metadata_kind, saml_metadata, saml_entity_id,"
          + " saml_subject, saml_email, saml_display_name, saml_options, saml_consumer_urls,"
          + " scopes, session_seconds, administrators, user_info, devices_per_user,"
          + " saml_metadata_signers)"
          + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          + " ?)"
          + " on conflict (name) do update set"
          + " issuer = excluded.issuer, client_id = excluded.client_id,"
          + " secret_kind = excluded.secret_kind, secret_location = excluded.secret_location,"
          + " secret_sealed = excluded.secret_sealed, groups_claim = excluded.groups_claim,"
          + " domains = excluded.domains, allow_plain_http = excluded.allow_plain_http,"
          + " protocol = excluded.protocol, any_domain = excluded.any_domain,"
          + " audiences = excluded.audiences, attributes = excluded.attributes,"
          + " saml_metadata_kind = excluded.saml_metadata_kind,"
          + " saml_metadata = excluded.saml_metadata, saml_entity_id = excluded.saml_entity_id,"
          + " saml_subject = excluded.saml_subject, saml_email = excluded.saml_email,"
          + " saml_display_name = excluded.saml_display_name,"
          + " saml_options = excluded.saml_options,"
          + " saml_consumer_urls = excluded.saml_consumer_urls, scopes = excluded.scopes,"
          + " session_seconds = excluded.session_seconds,"
          + " administrators = excluded.administrators, user_info = excluded.user_info,"
          + " devices_per_user = excluded.devices_per_user,"
          + " saml_metadata_signers = excluded.saml_metadata_signers";

  private IdentityProviderTable() {}

  static List<IdentityProvider> read(Connection connection) throws SQLException {
    List<IdentityProvider> providers =
        new ArrayList<>(Database.list(connection, IdentityProviderTable::provider, SELECT));
    providers.sort(Comparator.comparing(IdentityProvider::name));
    return providers;
  }

  private static IdentityProvider provider(ResultSet row) throws SQLException {
    Set<Audience> audiences = new HashSet<>();
    List<String> audienceKeys = Database.texts(row, "audiences");
    for (Audience audience : Audience.values()) {
      if (audienceKeys.contains(audience.key())) {
        audiences.add(audience);
      }
    }
    Map<String, String> named = new HashMap<>();
    List<String> flat = Database.texts(row, "attributes");
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      named.put(flat.get(i), flat.get(i + 1));
    }
    List<String> domains = new ArrayList<>(Database.texts(row, "domains"));
    domains.sort(Comparator.naturalOrder());
    return new IdentityProvider(
        row.getString("name"),
        protocol(row),
        domains,
        row.getBoolean("any_domain"),
        audiences,
        new Attributes(row.getString("groups_claim"), named),
        Duration.ofSeconds(row.getInt("session_seconds")),
        RoleMapping.ofFlat(Database.texts(row, "administrators")),
        row.getInt("devices_per_user"));
  }

  private static Protocol protocol(ResultSet row) throws SQLException {
    String protocol = row.getString("protocol");
    return switch (protocol) {
      case "oidc" ->
          new OpenIdConnect(
              row.getString("issuer"),
              row.getString("client_id"),
              secret(row),
              row.getBoolean("allow_plain_http"),
              Database.texts(row, "scopes"),
              row.getBoolean("user_info"));
      case "saml" -> saml(row);
      default -> throw new SQLException("unknown protocol of an identity provider: " + protocol);
    };
  }

  private static Saml saml(ResultSet row) throws SQLException {
    List<String> keys = Database.texts(row, "saml_options");
    Set<SamlOption> options = new HashSet<>();
    for (SamlOption option : SamlOption.values()) {
      if (keys.contains(option.key())) {
        options.add(option);
      }
    }
    return new Saml(
        metadata(row.getString("saml_metadata_kind"), row.getString("saml_metadata")),
        row.getString("saml_entity_id"),
        row.getString("saml_subject"),
        row.getString("saml_email"),
        row.getString("saml_display_name"),
        options,
        Database.texts(row, "saml_consumer_urls"),
        Database.texts(row, "saml_metadata_signers"));
  }

  private static SamlMetadata metadata(String kind, String value) throws SQLException {
    return switch (kind) {
      case "url" -> new SamlMetadata.Url(value);
      case "file" -> new SamlMetadata.File(value);
      case "inline" -> new SamlMetadata.Inline(value);
      default -> throw new SQLException("unknown kind of SAML metadata: " + kind);
    };
  }

  private static ClientSecret secret(ResultSet row) throws SQLException {
    String kind = row.getString("secret_kind");
    return switch (kind) {
      case "none" -> new ClientSecret.None();
      case "key" -> new ClientSecret.OwnKey();
      case "sealed" -> new ClientSecret.Kept();
      case "file" -> new ClientSecret.FromFile(row.getString("secret_location"));
      case "environment" -> new ClientSecret.FromEnvironment(row.getString("secret_location"));
      default -> throw new SQLException("unknown kind of client secret: " + kind);
    };
  }

  /// Writes one row, new or not.
  static void write(Connection connection, SecretSealer sealer, IdentityProvider provider)
      throws SQLException {
    List<@Nullable Object> values = new ArrayList<>();
    OpenIdConnect openId = provider.protocol() instanceof OpenIdConnect protocol ? protocol : null;
    values.add(provider.name());
    values.add(openId == null ? null : openId.issuer());
    values.add(openId == null ? null : openId.clientId());
    values.addAll(secretValues(connection, sealer, provider));
    values.add(provider.attributes().groups());
    values.add(provider.domains());
    values.add(openId != null && openId.allowPlainHttp());
    values.add(openId == null ? "saml" : "oidc");
    values.add(provider.anyDomain());
    values.add(provider.audiences().stream().map(Audience::key).sorted().toList());
    values.add(provider.attributes().flat());
    samlValues(provider.protocol(), values);
    values.add(openId == null ? List.of() : openId.scopes());
    values.add((int) provider.sessionLength().toSeconds());
    values.add(RoleMapping.flat(provider.administrators()));
    values.add(openId != null && openId.userInfo());
    values.add(provider.devicesPerUser());
    values.add(provider.protocol() instanceof Saml saml ? saml.metadataSigners() : List.of());
    Database.update(connection, UPSERT, values.toArray());
  }

  private static void samlValues(Protocol protocol, List<@Nullable Object> values) {
    switch (protocol) {
      case OpenIdConnect openId -> {
        values.add(null);
        values.add(null);
        values.addAll(List.of("", "", "", "", List.of(), List.of()));
      }
      case Saml saml -> {
        switch (saml.metadata()) {
          case SamlMetadata.Url(String url) -> values.addAll(List.of("url", url));
          case SamlMetadata.File(String path) -> values.addAll(List.of("file", path));
          case SamlMetadata.Inline(String xml) -> values.addAll(List.of("inline", xml));
        }
        values.add(saml.entityId());
        values.add(saml.subject());
        values.add(saml.email());
        values.add(saml.displayName());
        values.add(saml.options().stream().map(SamlOption::key).sorted().toList());
        values.add(saml.consumerUrls());
      }
    }
  }

  /// Kind, location and sealed bytes.
  private static List<@Nullable Object> secretValues(
      Connection connection, SecretSealer sealer, IdentityProvider provider) throws SQLException {
    return switch (provider.secret()) {
      case ClientSecret.None none -> Arrays.asList("none", null, null);
      case ClientSecret.OwnKey key -> Arrays.asList("key", null, null);
      case ClientSecret.FromFile(String path) -> Arrays.asList("file", path, null);
      case ClientSecret.FromEnvironment(String variable) ->
          Arrays.asList("environment", variable, null);
      case ClientSecret.Inline(String value) ->
          Arrays.asList(
              "sealed",
              null,
              sealer.seal(
                  value.getBytes(StandardCharsets.UTF_8), ClientSecrets.context(provider.name())));
      case ClientSecret.Kept kept ->
          Arrays.asList(
              "sealed",
              null,
              Database.first(
                      connection,
                      row -> row.getBytes(1),
                      "select secret_sealed from identity_provider where name = ?",
                      provider.name())
                  .orElseThrow());
    };
  }
}
