package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;

/// Writes a configuration as canonical YAML: same configuration, same bytes. What it writes can be
/// applied again and changes nothing. Inline client secrets are written as `clientSecretKept:
/// true`.
public final class PolicyWriter {
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z][a-zA-Z0-9._/@-]*");
  private static final Set<String> WORDS_OF_YAML =
      Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

  private final StringBuilder out = new StringBuilder("version: 1\n");

  private PolicyWriter() {}

  /// The whole configuration as one document.
  public static String write(PolicyConfiguration configuration) {
    PolicyWriter writer = new PolicyWriter();
    writer.out.append("domains: ").append(flow(configuration.domains())).append('\n');
    writer.kind("connectorGroups", configuration.connectorGroups());
    for (ConnectorGroup group : configuration.connectorGroups()) {
      writer.first("name", quote(group.name()));
    }
    if (!configuration.postureProfiles().isEmpty()) {
      writer.kind("postureProfiles", configuration.postureProfiles());
    }
    for (PostureProfile profile : configuration.postureProfiles()) {
      writer.first("name", quote(profile.name()));
      PostureWriter.keys(profile).forEach(writer::next);
    }
    writer.kind("applications", configuration.applications());
    configuration.applications().forEach(writer::application);
    writer.kind("groups", configuration.groups());
    for (Group group : configuration.groups()) {
      writer.first("name", quote(group.name()));
      writer.list("members", group.members());
    }
    writer.kind("rules", configuration.rules());
    configuration.rules().forEach(writer::rule);
    writer.kind("identityProviders", configuration.identityProviders());
    configuration.identityProviders().forEach(writer::identityProvider);
    return writer.out.toString();
  }

  private void kind(String name, Collection<?> things) {
    out.append(name).append(things.isEmpty() ? ": []\n" : ":\n");
  }

  private void first(String key, String value) {
    out.append("  - ").append(key).append(": ").append(value).append('\n');
  }

  private void next(String key, String value) {
    out.append("    ").append(key).append(": ").append(value).append('\n');
  }

  private void list(String key, Collection<String> values) {
    if (!values.isEmpty()) {
      next(key, flow(values));
    }
  }

  private void flag(String key, boolean set) {
    if (set) {
      next(key, "true");
    }
  }

  private void application(Application application) {
    first("name", quote(application.name()));
    list("hosts", application.hosts().stream().map(HostPattern::text).toList());
    ports("tcp", application.tcp());
    ports("udp", application.udp());
    list("connectorGroups", application.connectorGroups());
    flag("allowLoopback", application.obligations().allowLoopback());
    flag("allowLinkLocal", application.obligations().allowLinkLocal());
    duration("idleTimeout", application.obligations().idleTimeout());
    duration("maxAge", application.obligations().ageMax());
    flag("lanePerFlow", application.obligations().lanePerFlow());
  }

  private void ports(String key, Collection<PortRange> ranges) {
    if (!ranges.isEmpty()) {
      next(
          key,
          ranges.stream().map(PortRange::toString).collect(Collectors.joining(", ", "[", "]")));
    }
  }

  private void duration(String key, Duration duration) {
    if (!duration.isZero()) {
      next(key, text(duration.toSeconds()));
    }
  }

  static String text(long seconds) {
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3_600 == 0) {
      return seconds / 3_600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private void rule(AccessRule rule) {
    first("name", quote(rule.name()));
    next("action", rule.action().name().toLowerCase(Locale.ROOT));
    list("applications", rule.match().targets().applications());
    list("groups", rule.match().subjects().groups());
    list("users", rule.match().subjects().users());
    flag("anyone", rule.match().subjects().anyone());
  }

  private void identityProvider(IdentityProvider provider) {
    first("name", quote(provider.name()));
    switch (provider.protocol()) {
      case IdentityProvider.OpenIdConnect openId -> openId(openId);
      case IdentityProvider.Saml saml -> saml(saml);
    }
    next("groupsClaim", quote(provider.attributes().groups()));
    if (!provider.attributes().named().isEmpty()) {
      next(
          "attributes",
          new TreeMap<>(provider.attributes().named())
              .entrySet().stream()
                  .map(each -> quote(each.getKey()) + ": " + quote(each.getValue()))
                  .collect(Collectors.joining(", ", "{", "}")));
    }
    list("domains", provider.domains());
    flag("anyDomain", provider.anyDomain());
    if (!provider.audiences().equals(Set.of(IdentityProvider.Audience.USERS))) {
      next("signIn", flow(provider.audiences().stream().map(each -> each.key()).sorted().toList()));
    }
  }

  private void openId(IdentityProvider.OpenIdConnect openId) {
    next("issuer", quote(openId.issuer()));
    next("clientId", quote(openId.clientId()));
    switch (openId.secret()) {
      case ClientSecret.None none -> {}
      case ClientSecret.OwnKey key -> next("clientKey", "true");
      case ClientSecret.Inline inline -> next("clientSecretKept", "true");
      case ClientSecret.Kept kept -> next("clientSecretKept", "true");
      case ClientSecret.FromFile(String path) -> next("clientSecretFile", quote(path));
      case ClientSecret.FromEnvironment(String variable) ->
          next("clientSecretEnv", quote(variable));
    }
    flag("allowPlainHttp", openId.allowPlainHttp());
  }

  private void saml(IdentityProvider.Saml saml) {
    out.append("    saml:\n");
    switch (saml.metadata()) {
      case IdentityProvider.SamlMetadata.Url(String url) -> inner("metadataUrl", url);
      case IdentityProvider.SamlMetadata.File(String path) -> inner("metadataFile", path);
      case IdentityProvider.SamlMetadata.Inline(String xml) -> inner("metadata", xml);
    }
    inner("entityId", saml.entityId());
    inner("subject", saml.subject());
    inner("email", saml.email());
    inner("displayName", saml.displayName());
    saml.options().stream()
        .map(IdentityProvider.SamlOption::key)
        .sorted()
        .forEach(key -> out.append("      ").append(key).append(": true\n"));
    if (!saml.consumerUrls().isEmpty()) {
      out.append("      consumerUrls: ").append(flow(saml.consumerUrls())).append('\n');
    }
  }

  private void inner(String key, String value) {
    if (!value.isEmpty()) {
      out.append("      ").append(key).append(": ").append(quote(value)).append('\n');
    }
  }

  private static String flow(Collection<String> values) {
    return values.stream().map(PolicyWriter::quote).collect(Collectors.joining(", ", "[", "]"));
  }

  static String quote(String text) {
    if (PLAIN.matcher(text).matches() && !WORDS_OF_YAML.contains(text.toLowerCase(Locale.ROOT))) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            quoted.append('\\').appendCodePoint(c);
          } else if (c < ' '
              || (c >= 127 && c < 160)
              || c == 0x2028
              || c == 0x2029
              || c == 0xfeff) {
            quoted.append(String.format(Locale.ROOT, "\\u%04x", c));
          } else {
            quoted.appendCodePoint(c);
          }
        });
    return quoted.append('"').toString();
  }
}
