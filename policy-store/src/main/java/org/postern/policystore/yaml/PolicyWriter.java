package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.Condition;
import org.postern.policystore.ConditionText;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.RoleMapping;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TrustedNetwork;

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
    writer.kind("serverGroups", configuration.serverGroups());
    configuration.serverGroups().forEach(writer::serverGroup);
    writer.kind("trustedNetworks", configuration.trustedNetworks());
    for (TrustedNetwork network : configuration.trustedNetworks()) {
      writer.first("name", quote(network.name()));
      writer.list("sources", network.sources().stream().map(AddressRange::toString).toList());
    }
    writer.kind("postureProfiles", configuration.postureProfiles());
    for (PostureProfile profile : configuration.postureProfiles()) {
      writer.first("name", quote(profile.name()));
      PostureWriter.keys(profile).forEach(writer::next);
    }
    writer.kind("applications", configuration.applications());
    configuration.applications().forEach(writer::application);
    writer.kind("applicationGroups", configuration.applicationGroups());
    for (ApplicationGroup group : configuration.applicationGroups()) {
      writer.first("name", quote(group.name()));
      writer.list("applications", group.applications());
    }
    writer.kind("groups", configuration.groups());
    for (Group group : configuration.groups()) {
      writer.first("name", quote(group.name()));
      writer.list("members", group.members());
      writer.list("from", group.sourceTexts());
    }
    writer.kind("rules", configuration.rules());
    configuration.rules().forEach(writer::rule);
    writer.kind("sessionRules", configuration.sessionRules());
    configuration.sessionRules().forEach(writer::sessionRule);
    writer.kind("forwardingRules", configuration.forwardingRules());
    configuration.forwardingRules().forEach(writer::forwardingRule);
    writer.kind("identityProviders", configuration.identityProviders());
    configuration.identityProviders().forEach(writer::identityProvider);
    writer.kind("tests", configuration.tests());
    for (PolicyTest test : configuration.tests()) {
      writer.out.append("  - ").append(TestText.write(test).replace("\n", "\n    ")).append('\n');
    }
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

  private void serverGroup(ServerGroup group) {
    first("name", quote(group.name()));
    flag("dynamic", group.dynamic());
    list("servers", group.servers().stream().map(Server::text).toList());
    list("connectorGroups", group.connectorGroups());
  }

  private void application(Application application) {
    first("name", quote(application.name()));
    list("hosts", application.hosts().stream().map(HostPattern::text).toList());
    ports("tcp", application.tcp());
    ports("udp", application.udp());
    list("connectorGroups", application.connectorGroups());
    list("serverGroups", application.serverGroups());
    flag("allowLoopback", application.obligations().allowLoopback());
    flag("allowLinkLocal", application.obligations().allowLinkLocal());
    duration("idleTimeout", application.obligations().idleTimeout());
    duration("maxAge", application.obligations().ageMax());
    flag("lanePerFlow", application.obligations().lanePerFlow());
    traits(application.traits());
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
      next(key, ConditionText.duration(duration));
    }
  }

  private void text(String key, String value) {
    if (!value.isEmpty()) {
      next(key, quote(value));
    }
  }

  private static List<String> words(Collection<? extends Enum<?>> constants) {
    return constants.stream().map(ConditionText::word).toList();
  }

  private void traits(ApplicationTraits traits) {
    ApplicationTraits usual = ApplicationTraits.DEFAULT;
    list("labels", traits.labels().stream().map(Label::toString).toList());
    if (traits.matching() != usual.matching()) {
      next("matching", ConditionText.word(traits.matching()));
    }
    if (traits.health() != usual.health()) {
      next("health", ConditionText.word(traits.health()));
    }
    if (!traits.exists().equals(usual.exists())) {
      list("exists", words(traits.exists()));
    }
    if (traits.bypass() != usual.bypass()) {
      next("bypass", ConditionText.word(traits.bypass()));
    }
  }

  private void rule(AccessRule rule) {
    first("name", quote(rule.name()));
    next("action", ConditionText.word(rule.action()));
    match(rule);
    text("message", rule.terms().message());
    list("connectorGroups", rule.terms().connectorGroups());
    AccessRule.SignInStrength strength = rule.terms().stepUp();
    if (!strength.equals(AccessRule.SignInStrength.NONE)) {
      List<String> parts = new ArrayList<>();
      if (!strength.ageMax().isZero()) {
        parts.add("maxAge: " + ConditionText.duration(strength.ageMax()));
      }
      if (!strength.methods().isEmpty()) {
        parts.add("methods: " + flow(strength.methods()));
      }
      if (!strength.contexts().isEmpty()) {
        parts.add("contexts: " + flow(strength.contexts()));
      }
      next("stepUp", "{" + String.join(", ", parts) + "}");
    }
  }

  private void sessionRule(SessionRule rule) {
    first("name", quote(rule.name()));
    match(rule);
    duration("maxAge", rule.ageMax());
    duration("idleTimeout", rule.idleMax());
  }

  private void forwardingRule(ForwardingRule rule) {
    first("name", quote(rule.name()));
    match(rule);
    next("forwarding", ConditionText.word(rule.forwarding()));
  }

  private void match(Rule rule) {
    RuleMatch.Targets targets = rule.match().targets();
    list("applications", targets.applications());
    list("applicationGroups", targets.groups());
    list("labels", targets.labels().stream().map(Label::toString).toList());
    flag("anyApplication", targets.any());
    RuleMatch.Subjects subjects = rule.match().subjects();
    list("groups", subjects.groups());
    list("users", subjects.users());
    list("workloads", subjects.workloads());
    flag("anyone", subjects.anyone());
    if (!rule.match().conditions().isEmpty()) {
      out.append("    when:\n");
      rule.match().conditions().forEach(this::condition);
    }
    switch (rule.mode()) {
      case RuleMode.Enforce enforce -> {}
      case RuleMode.Off off -> next("mode", "\"off\"");
      case RuleMode.ReportOnly reportOnly -> next("mode", "report-only");
      case RuleMode.EnforcePercent(int percent) ->
          next("enforcePercent", Integer.toString(percent));
      case RuleMode.EnforceGroup(String group) -> next("enforceGroup", quote(group));
    }
    if (rule.expires() != null) {
      next("expires", quote(rule.expires().toString()));
    }
  }

  private void condition(Condition condition) {
    List<String> parts = new ArrayList<>();
    if (condition.negated()) {
      parts.add("not: true");
    }
    String word = ConditionText.word(condition.operand());
    String values = flow(ConditionText.values(condition.operand()));
    switch (condition.operand()) {
      case Operand.Attribute(String name, var list) -> {
        parts.add(word + ": " + quote(name));
        parts.add("values: " + values);
      }
      case Operand.AuthenticationAge(Duration most) ->
          parts.add(word + ": " + ConditionText.duration(most));
      default -> parts.add(word + ": " + values);
    }
    out.append("      - {").append(String.join(", ", parts)).append("}\n");
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
    if (!provider.sessionLength().equals(IdentityProvider.SESSION_LENGTH_DEFAULT)) {
      next("sessionLength", ConditionText.duration(provider.sessionLength()));
    }
    if (provider.devicesPerUser() != IdentityProvider.DEVICES_PER_USER_DEFAULT) {
      next("devicesPerUser", Integer.toString(provider.devicesPerUser()));
    }
    list("domains", provider.domains());
    flag("anyDomain", provider.anyDomain());
    if (!provider.audiences().equals(Set.of(IdentityProvider.Audience.USERS))) {
      next("signIn", flow(provider.audiences().stream().map(each -> each.key()).sorted().toList()));
    }
    if (!provider.administrators().isEmpty()) {
      out.append("    administrators:\n");
      for (RoleMapping each : provider.administrators()) {
        String who =
            each.attribute().isEmpty()
                ? "group: " + quote(each.value())
                : "attribute: " + quote(each.attribute()) + ", value: " + quote(each.value());
        out.append("      - {%s, role: %s}\n".formatted(who, quote(each.role())));
      }
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
    list("scopes", openId.scopes());
    flag("userInfo", openId.userInfo());
    flag("allowPlainHttp", openId.allowPlainHttp());
  }

  private void saml(IdentityProvider.Saml saml) {
    out.append("    saml:\n");
    switch (saml.metadata()) {
      case IdentityProvider.SamlMetadata.Url(String url) -> inner("metadataUrl", url);
      case IdentityProvider.SamlMetadata.File(String path) -> inner("metadataFile", path);
      case IdentityProvider.SamlMetadata.Inline(String xml) -> inner("metadata", xml);
    }
    if (!saml.metadataSigners().isEmpty()) {
      out.append("      metadataSigners: ").append(flow(saml.metadataSigners())).append('\n');
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

  static String flow(Collection<String> values) {
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
