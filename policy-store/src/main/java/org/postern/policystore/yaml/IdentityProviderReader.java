package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/// Reads one identity provider of a document.
final class IdentityProviderReader {
  private static final int ATTRIBUTES_MAX = 100;
  private static final int METADATA_CHARACTERS_MAX = 512 * 1024;
  private static final int CONSUMER_URLS_MAX = 8;
  private static final int METADATA_SIGNERS_MAX = 4;
  private static final int SCOPES_MAX = 20;
  private static final int DEVICES_PER_USER_MAX = 1_000;
  private static final Duration SESSION_LENGTH_MIN = Duration.ofMinutes(5);
  private static final Duration SESSION_LENGTH_MAX = Duration.ofDays(90);
  private static final List<String> OPEN_ID_KEYS =
      List.of(
          "issuer",
          "clientId",
          "clientSecret",
          "clientSecretFile",
          "clientSecretEnv",
          "clientSecretKept",
          "clientKey",
          "scopes",
          "userInfo",
          "allowPlainHttp");
  private static final List<String> SAML_KEYS =
      List.of(
          "metadataUrl",
          "metadataFile",
          "metadata",
          "metadataSigners",
          "entityId",
          "subject",
          "email",
          "displayName",
          "allowUnsolicited",
          "forceAuthn",
          "requireEncryption",
          "requestByPost",
          "consumerUrls");

  /// The keys of a provider.
  static final List<String> KEYS = keys();

  private final Fields.Reading reading;

  IdentityProviderReader(Fields.Reading reading) {
    this.reading = reading;
  }

  private static List<String> keys() {
    List<String> keys = new ArrayList<>(List.of("name"));
    keys.addAll(OPEN_ID_KEYS);
    keys.addAll(List.of("saml", "groupsClaim", "attributes", "domains", "anyDomain", "signIn"));
    keys.addAll(List.of("sessionLength", "devicesPerUser", "administrators"));
    return List.copyOf(keys);
  }

  Optional<IdentityProvider> read(Fields fields, Optional<String> name) {
    String groups =
        fields.optional("groupsClaim", Grammar::text).orElse(IdentityProvider.GROUPS_CLAIM_DEFAULT);
    List<String> domains =
        fields.list(
            "domains", Grammar::dnsName, "identity provider " + name.orElse("?") + " domain ");
    domains.sort(Comparator.naturalOrder());
    boolean anyDomain = fields.flag("anyDomain");
    Set<Audience> audiences = audiences(fields);
    Duration sessionLength =
        fields
            .optional("sessionLength", text -> Grammar.duration(text, SESSION_LENGTH_MAX))
            .orElse(IdentityProvider.SESSION_LENGTH_DEFAULT);
    if (sessionLength.compareTo(SESSION_LENGTH_MIN) < 0) {
      fields.problem("sessionLength", "expected at least 5m");
    }
    int devicesPerUser =
        fields
            .optional("devicesPerUser", text -> Grammar.count(text, 1, DEVICES_PER_USER_MAX))
            .orElse(IdentityProvider.DEVICES_PER_USER_DEFAULT);
    Attributes attributes = new Attributes(groups, attributes(fields));
    List<RoleMapping> administrators = administrators(fields, name, attributes);
    Optional<? extends Protocol> protocol = fields.has("saml") ? saml(fields) : openId(fields);
    if (name.isEmpty() || protocol.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new IdentityProvider(
            name.get(),
            protocol.get(),
            domains,
            anyDomain,
            audiences,
            attributes,
            sessionLength,
            administrators,
            devicesPerUser));
  }

  private static Set<Audience> audiences(Fields fields) {
    if (!fields.has("signIn")) {
      return Set.of(Audience.USERS);
    }
    return new HashSet<>(
        fields.list(
            "signIn",
            text ->
                switch (text) {
                  case "users" -> new Grammar.Read.Good<>(Audience.USERS);
                  case "administrators" -> new Grammar.Read.Good<>(Audience.ADMINISTRATORS);
                  default ->
                      new Grammar.Read.Bad<>(
                          Problems.quote(text) + " (expected: users, administrators)");
                },
            ""));
  }

  private Map<String, String> attributes(Fields fields) {
    Map<String, String> named = new HashMap<>();
    Node node = fields.get("attributes");
    if (node == null) {
      return named;
    }
    if (!(node instanceof Node.Mapping mapping) || mapping.entries().size() > ATTRIBUTES_MAX) {
      fields.problem(
          "attributes",
          "expected at most %d names, each with a claim or attribute, as in department: dept"
              .formatted(ATTRIBUTES_MAX));
      return named;
    }
    List<String> names = mapping.entries().stream().map(Node.Entry::key).toList();
    Fields inner = Fields.of(mapping, fields.at("attributes"), reading, names);
    for (String name : names) {
      if (inner != null && Grammar.attribute(name) instanceof Grammar.Read.Bad<String> bad) {
        inner.problem(name, bad.message());
      } else if (inner != null) {
        inner.optional(name, Grammar::text).ifPresent(source -> named.put(name, source));
      }
    }
    return named;
  }

  /// Who becomes an administrator: `{group: ops, role: operator}` or `{attribute: department,
  /// value: it, role: auditor}` each.
  private List<RoleMapping> administrators(
      Fields fields, Optional<String> provider, Attributes attributes) {
    List<Node> items = fields.items("administrators");
    if (items.size() > RoleMapping.MAX) {
      fields.problem("administrators", "expected at most " + RoleMapping.MAX);
      return List.of();
    }
    List<RoleMapping> mappings = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      String path = fields.at("administrators") + "[" + i + "]";
      Fields inner =
          Fields.of(items.get(i), path, reading, List.of("group", "attribute", "value", "role"));
      if (inner != null) {
        mapping(inner, attributes)
            .ifPresent(mapping -> {
              inner.place("role", rolePlace(provider.orElse("?"), mapping));
              if (mappings.stream().anyMatch(each -> each.reason().equals(mapping.reason()))) {
                inner.problem(mapping.reason() + " is in this list already, and the first counts");
              } else {
                mappings.add(mapping);
              }
            });
      }
    }
    return mappings;
  }

  /// Under which the place of a role is noted.
  static String rolePlace(String provider, RoleMapping mapping) {
    return "identity provider %s administrators %s".formatted(provider, mapping.reason());
  }

  private static Optional<RoleMapping> mapping(Fields fields, Attributes attributes) {
    Optional<String> role = fields.required("role", Grammar::name);
    boolean ofGroup = fields.has("group") && !fields.has("attribute") && !fields.has("value");
    boolean ofAttribute = !fields.has("group") && fields.has("attribute") && fields.has("value");
    if (!ofGroup && !ofAttribute) {
      fields.problem("expected either group, or attribute and value");
      return Optional.empty();
    }
    Optional<String> attribute = fields.optional("attribute", Grammar::attribute);
    if (attribute.isPresent() && !attributes.named().containsKey(attribute.get())) {
      fields.problem(
          "attribute",
          Problems.quote(attribute.get())
              + " is not taken over (expected: one of the names under attributes of this"
              + " provider)");
    }
    Optional<String> value = fields.optional(ofGroup ? "group" : "value", Grammar::text);
    return role.isEmpty() || value.isEmpty()
        ? Optional.empty()
        : Optional.of(new RoleMapping(attribute.orElse(""), value.get(), role.get()));
  }

  private static Optional<OpenIdConnect> openId(Fields fields) {
    boolean allowPlainHttp = fields.flag("allowPlainHttp");
    Optional<String> issuer =
        fields.required("issuer", text -> Grammar.issuer(text, allowPlainHttp));
    Optional<String> clientId = fields.required("clientId", Grammar::text);
    ClientSecret secret = clientSecret(fields);
    List<String> scopes = fields.list("scopes", Grammar::scope, "");
    if (scopes.size() > SCOPES_MAX) {
      fields.problem("scopes", "expected at most " + SCOPES_MAX);
    }
    return issuer.isEmpty() || clientId.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new OpenIdConnect(
                issuer.get(),
                clientId.get(),
                secret,
                allowPlainHttp,
                scopes,
                fields.flag("userInfo")));
  }

  private static ClientSecret clientSecret(Fields fields) {
    List<ClientSecret> secrets = new ArrayList<>();
    fields
        .optional("clientSecret", Grammar::secret)
        .ifPresent(value -> secrets.add(new ClientSecret.Inline(value)));
    fields
        .optional("clientSecretFile", Grammar::path)
        .ifPresent(value -> secrets.add(new ClientSecret.FromFile(value)));
    fields
        .optional("clientSecretEnv", Grammar::variable)
        .ifPresent(value -> secrets.add(new ClientSecret.FromEnvironment(value)));
    if (fields.flag("clientSecretKept")) {
      secrets.add(new ClientSecret.Kept());
    }
    if (fields.flag("clientKey")) {
      secrets.add(new ClientSecret.OwnKey());
    }
    if (secrets.size() > 1) {
      fields.problem(
          "more than one client secret (expected: one of clientSecret, clientSecretFile,"
              + " clientSecretEnv, clientSecretKept, clientKey)");
    }
    return secrets.isEmpty() ? new ClientSecret.None() : secrets.getFirst();
  }

  private Optional<Saml> saml(Fields fields) {
    for (String key : OPEN_ID_KEYS) {
      if (fields.has(key)) {
        fields.problem(key, "belongs to OpenID Connect (expected: either saml or issuer)");
      }
    }
    Node node = fields.get("saml");
    @Nullable Fields saml =
        node == null ? null : Fields.of(node, fields.at("saml"), reading, SAML_KEYS);
    if (saml == null) {
      return Optional.empty();
    }
    Set<SamlOption> options = new HashSet<>();
    for (SamlOption option : SamlOption.values()) {
      if (saml.flag(option.key())) {
        options.add(option);
      }
    }
    List<String> consumers = saml.list("consumerUrls", text -> Grammar.issuer(text, false), "");
    if (consumers.size() > CONSUMER_URLS_MAX) {
      saml.problem("consumerUrls", "expected at most " + CONSUMER_URLS_MAX);
    }
    String entityId = saml.optional("entityId", Grammar::text).orElse("");
    String subject = saml.optional("subject", Grammar::text).orElse("");
    String email = saml.optional("email", Grammar::text).orElse("");
    String displayName = saml.optional("displayName", Grammar::text).orElse("");
    List<String> signers = saml.list("metadataSigners", MetadataGrammar::signer, "");
    if (signers.size() > METADATA_SIGNERS_MAX) {
      saml.problem("metadataSigners", "expected at most " + METADATA_SIGNERS_MAX);
    }
    Optional<SamlMetadata> source = metadata(saml);
    if (signers.isEmpty()
        && source.orElse(null) instanceof SamlMetadata.Url(String url)
        && MetadataGrammar.isPlain(url)) {
      saml.problem(
          "metadataUrl",
          "plain http to another machine (expected: https, or metadataSigners with the certificate"
              + " that signs the metadata)");
    }
    return source.map(metadata ->
        new Saml(metadata, entityId, subject, email, displayName, options, consumers, signers));
  }

  private static Optional<SamlMetadata> metadata(Fields saml) {
    List<SamlMetadata> sources = new ArrayList<>();
    saml.optional("metadataUrl", MetadataGrammar::address)
        .ifPresent(url -> sources.add(new SamlMetadata.Url(url)));
    saml.optional("metadataFile", Grammar::path)
        .ifPresent(path -> sources.add(new SamlMetadata.File(path)));
    saml.optional(
            "metadata",
            text ->
                text.isBlank() || text.length() > METADATA_CHARACTERS_MAX
                    ? new Grammar.Read.Bad<String>(
                        "expected the provider's metadata, at most %d characters"
                            .formatted(METADATA_CHARACTERS_MAX))
                    : new Grammar.Read.Good<>(text))
        .ifPresent(xml -> sources.add(new SamlMetadata.Inline(xml)));
    if (sources.size() != 1) {
      saml.problem("expected one of metadataUrl, metadataFile, metadata");
      return Optional.empty();
    }
    return Optional.of(sources.getFirst());
  }
}
