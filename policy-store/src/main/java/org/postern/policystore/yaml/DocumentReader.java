package org.postern.policystore.yaml;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.AddressRange;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationGroup;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PolicyTest;
import org.postern.policystore.PortRange;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.SessionRule;
import org.postern.policystore.TrustedNetwork;

/// Reads the kinds of a document out of its tree. What is wrong is noted and left out.
final class DocumentReader {
  static final List<String> KINDS =
      List.of(
          "domains",
          "connectorGroups",
          "serverGroups",
          "trustedNetworks",
          "postureProfiles",
          "applications",
          "applicationGroups",
          "groups",
          "rules",
          "sessionRules",
          "forwardingRules",
          "identityProviders",
          "tests");
  private static final Duration IDLE_TIMEOUT_MAX = Duration.ofDays(7);
  private static final Duration AGE_MAX_MAX = Duration.ofDays(30);

  private final PolicyLimits limits;
  private final Fields.Reading reading;
  private final RuleReader rules;

  DocumentReader(PolicyLimits limits, Problems problems) {
    this.limits = limits;
    this.reading = new Fields.Reading(problems, limits.entries(), new HashMap<>());
    this.rules = new RuleReader(reading);
  }

  /// The document, complete only if there are no problems. Null if it is not a mapping.
  @Nullable PolicyDocument read(Node root) {
    List<String> known = new ArrayList<>(KINDS);
    known.addFirst("version");
    Fields document = Fields.of(root, "", reading, known);
    if (document == null) {
      return null;
    }
    document.required(
        "version",
        text ->
            text.equals("1")
                ? new Grammar.Read.Good<>(1)
                : new Grammar.Read.Bad<>(Problems.quote(text) + " (expected: 1)"));
    for (String kind : KINDS) {
      Node node = document.get(kind);
      if (node != null) {
        reading.place(kind, node, kind);
      }
    }
    return new PolicyDocument(
        new PolicyDocument.Parts(
            named(document, "domains", this::domains),
            named(document, "connectorGroups", this::connectorGroups),
            named(document, "serverGroups", this::serverGroups),
            named(document, "trustedNetworks", this::trustedNetworks),
            named(document, "postureProfiles", this::postureProfiles),
            named(document, "applications", this::applications),
            named(document, "applicationGroups", this::applicationGroups),
            named(document, "groups", this::groups),
            named(document, "rules", this::rules),
            named(document, "sessionRules", this::sessionRules),
            named(document, "forwardingRules", this::forwardingRules),
            named(document, "identityProviders", this::identityProviders),
            named(document, "tests", this::tests)),
        reading.places());
  }

  private static <T> Optional<T> named(Fields document, String kind, Function<Fields, T> reader) {
    return document.has(kind) ? Optional.of(reader.apply(document)) : Optional.empty();
  }

  private List<String> domains(Fields document) {
    return sorted(document.list("domains", Grammar::dnsName, ""));
  }

  private static List<String> sorted(List<String> values) {
    values.sort(Comparator.naturalOrder());
    return values;
  }

  /// Reads a list of things with names.
  private <T> List<T> things(
      Fields document,
      String kind,
      int max,
      List<String> keys,
      Function<Fields, Optional<T>> reader) {
    List<Node> items = document.items(kind, max);
    List<T> things = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Fields fields = Fields.of(items.get(i), kind + "[" + i + "]", reading, keys);
      if (fields != null) {
        reader.apply(fields).ifPresent(things::add);
      }
    }
    return things;
  }

  private List<ConnectorGroup> connectorGroups(Fields document) {
    List<ConnectorGroup> groups =
        things(
            document,
            "connectorGroups",
            limits.groups(),
            List.of("name"),
            fields -> fields.name("connector group", Grammar::name).map(ConnectorGroup::new));
    groups.sort(Comparator.comparing(ConnectorGroup::name));
    return groups;
  }

  private List<ServerGroup> serverGroups(Fields document) {
    List<ServerGroup> groups =
        things(
            document,
            "serverGroups",
            limits.groups(),
            ServerGroupReader.KEYS,
            ServerGroupReader::read);
    groups.sort(Comparator.comparing(ServerGroup::name));
    return groups;
  }

  private List<PostureProfile> postureProfiles(Fields document) {
    PostureReader reader = new PostureReader(reading);
    return PostureReader.sorted(
        things(
            document,
            "postureProfiles",
            limits.postureProfiles(),
            PostureReader.KEYS,
            fields ->
                fields
                    .name("posture profile", Grammar::name)
                    .map(name -> reader.read(fields, name))));
  }

  private List<Group> groups(Fields document) {
    List<Group> groups =
        things(
            document,
            "groups",
            limits.groups(),
            List.of("name", "members", "from"),
            fields -> {
              List<String> members = sorted(fields.list("members", Grammar::email, ""));
              List<String> from = fields.list("from", Grammar::groupSource, "");
              return fields
                  .name("group", Grammar::groupName)
                  .map(name -> new Group(name, members, sources(from, name)));
            });
    groups.sort(Comparator.comparing(Group::name));
    return groups;
  }

  private static List<Group.Source> sources(List<String> from, String group) {
    return from.stream()
        .map(text -> Group.Source.parse(text, group))
        .distinct()
        .sorted(Comparator.comparing(source -> source.text(group)))
        .toList();
  }

  private List<TrustedNetwork> trustedNetworks(Fields document) {
    List<TrustedNetwork> networks =
        things(
            document,
            "trustedNetworks",
            limits.groups(),
            List.of("name", "sources"),
            fields -> {
              List<AddressRange> sources = fields.list("sources", Words::range, "");
              sources.sort(Comparator.comparing(AddressRange::toString));
              return fields
                  .name("trusted network", Grammar::name)
                  .map(name -> new TrustedNetwork(name, sources));
            });
    networks.sort(Comparator.comparing(TrustedNetwork::name));
    return networks;
  }

  private List<ApplicationGroup> applicationGroups(Fields document) {
    List<ApplicationGroup> groups =
        things(
            document,
            "applicationGroups",
            limits.groups(),
            List.of("name", "applications"),
            fields -> {
              Optional<String> name = fields.name("application group", Grammar::name);
              String place = "application group " + name.orElse("?") + " application ";
              List<String> members = sorted(fields.list("applications", Grammar::name, place));
              return name.map(text -> new ApplicationGroup(text, members));
            });
    groups.sort(Comparator.comparing(ApplicationGroup::name));
    return groups;
  }

  private List<Application> applications(Fields document) {
    List<Application> applications =
        things(
            document,
            "applications",
            limits.applications(),
            List.of(
                "name",
                "hosts",
                "tcp",
                "udp",
                "connectorGroups",
                "serverGroups",
                "allowLoopback",
                "allowLinkLocal",
                "idleTimeout",
                "maxAge",
                "lanePerFlow",
                "labels",
                "matching",
                "health",
                "exists",
                "bypass"),
            this::application);
    applications.sort(Comparator.comparing(Application::name));
    return applications;
  }

  private Optional<Application> application(Fields fields) {
    Optional<String> name = fields.name("application", Grammar::name);
    String place = "application " + name.orElse("?");
    List<HostPattern> hosts = fields.list("hosts", Grammar::host, place + " host ");
    hosts.sort(Comparator.comparing(HostPattern::text));
    List<PortRange> tcp = joined(fields.list("tcp", Grammar::ports, ""));
    List<PortRange> udp = joined(fields.list("udp", Grammar::ports, ""));
    List<String> connectorGroups =
        sorted(fields.list("connectorGroups", Grammar::name, place + " connector group "));
    requireItems(fields, "hosts", "as in [payments.corp.internal]");
    List<String> serverGroups = ServerGroupReader.ofApplication(fields, place);
    if (fields.items("tcp").isEmpty() && fields.items("udp").isEmpty()) {
      fields.problem("no ports (expected: a list under tcp or udp, as in tcp: [443])");
    }
    Obligations obligations =
        new Obligations(
            fields
                .optional("idleTimeout", text -> Grammar.duration(text, IDLE_TIMEOUT_MAX))
                .orElse(Duration.ZERO),
            fields
                .optional("maxAge", text -> Grammar.duration(text, AGE_MAX_MAX))
                .orElse(Duration.ZERO),
            fields.flag("allowLoopback"),
            fields.flag("allowLinkLocal"),
            fields.flag("lanePerFlow"));
    ApplicationTraits traits = TraitsReader.read(fields);
    return name.map(text ->
        new Application(text, hosts, tcp, udp, connectorGroups, obligations, traits, serverGroups));
  }

  static void requireItems(Fields fields, String key, String hint) {
    if (!fields.has(key)) {
      fields.problem("key " + Problems.quote(key) + " is missing (" + hint + ")");
    } else if (fields.get(key) instanceof Node.Sequence sequence && sequence.items().isEmpty()) {
      fields.problem(key, "empty (expected: at least one entry, " + hint + ")");
    }
  }

  /// Sorted, and ranges that touch or overlap made one.
  private static List<PortRange> joined(List<PortRange> ranges) {
    List<PortRange> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.naturalOrder());
    List<PortRange> joined = new ArrayList<>();
    for (PortRange range : sorted) {
      if (!joined.isEmpty() && range.low() <= joined.getLast().high() + 1) {
        PortRange last = joined.removeLast();
        joined.add(new PortRange(last.low(), Math.max(last.high(), range.high())));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }

  private List<AccessRule> rules(Fields document) {
    return things(document, "rules", limits.rules(), RuleReader.ACCESS, rules::access);
  }

  private List<SessionRule> sessionRules(Fields document) {
    return things(document, "sessionRules", limits.rules(), RuleReader.SESSION, rules::session);
  }

  private List<ForwardingRule> forwardingRules(Fields document) {
    return things(
        document, "forwardingRules", limits.rules(), RuleReader.FORWARDING, rules::forwarding);
  }

  private List<PolicyTest> tests(Fields document) {
    List<PolicyTest> tests =
        things(document, "tests", PolicyTest.MAX, TestReader.KEYS, new TestReader(reading)::read);
    tests.sort(Comparator.comparing(PolicyTest::name));
    return tests;
  }

  private List<IdentityProvider> identityProviders(Fields document) {
    IdentityProviderReader reader = new IdentityProviderReader(reading);
    List<IdentityProvider> providers =
        things(
            document,
            "identityProviders",
            limits.entries(),
            IdentityProviderReader.KEYS,
            fields -> reader.read(fields, fields.name("identity provider", Grammar::name)));
    providers.sort(Comparator.comparing(IdentityProvider::name));
    return providers;
  }
}
