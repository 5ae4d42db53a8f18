package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.Condition;
import org.postern.policystore.ConditionText;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Group;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRule;
import org.postern.policystore.decision.RuleCounts;

/// Looks a configuration over. What it says is certain, not guessed; what it does not say may still
/// be wrong. Any thread.
public final class Lint {
  private static final int WIDE_PREFIX_4 = 16;
  private static final int WIDE_PREFIX_6 = 48;

  private final PolicyConfiguration configuration;
  private final RuleTargets targets;
  private final List<Finding> findings = new ArrayList<>();

  private Lint(PolicyConfiguration configuration) {
    this.configuration = configuration;
    this.targets = new RuleTargets(configuration);
  }

  /// All findings, kind by kind.
  ///
  /// @param connectors enrolled app connectors
  /// @param counts what rules did, by name
  public static List<Finding> of(
      PolicyConfiguration configuration,
      Iterable<ConnectorRecord> connectors,
      Map<String, RuleCounts> counts) {
    Lint lint = new Lint(configuration);
    lint.shadows(configuration.rules());
    lint.shadows(configuration.sessionRules());
    lint.shadows(configuration.forwardingRules());
    lint.neverHit(counts);
    lint.posture();
    lint.width();
    lint.connectors(connectors);
    lint.groups();
    return List.copyOf(lint.findings);
  }

  private void add(Finding.Kind kind, String subject, String text) {
    findings.add(new Finding(kind, subject, text));
  }

  // -- shadows

  /// A rule that decides whenever it is asked, and what it is about.
  private record Covering(Rule rule, BitSet about) {}

  /// A rule without conditions covers a later one that is about no other application and no other
  /// subject. Those of each application are kept in order; a rule looks among those of the
  /// application that has the fewest, since a rule that covers it is about each of its own.
  private void shadows(List<? extends Rule> rules) {
    int count = configuration.applications().size();
    List<List<Covering>> covering = new ArrayList<>();
    configuration.applications().forEach(_ -> covering.add(new ArrayList<>(0)));
    List<Covering> everywhere = new ArrayList<>();
    for (Rule rule : rules) {
      BitSet about = targets.of(rule.match());
      if (!(rule.mode() instanceof RuleMode.Off) && !about.isEmpty()) {
        Stream.concat(everywhere.stream(), fewest(covering, about).stream())
            .filter(earlier -> covers(earlier.rule(), rule) && isWithin(about, earlier.about()))
            .findFirst()
            .ifPresent(earlier -> shadow(earlier.rule(), rule));
      }
      boolean always =
          rule.mode() instanceof RuleMode.Enforce
              && rule.expires() == null
              && rule.match().conditions().stream().allMatch(Lint::isAboutApplications);
      if (always) {
        Covering own = new Covering(rule, about);
        if (about.cardinality() == count) {
          everywhere.add(own);
        } else {
          about.stream().forEach(place -> covering.get(place).add(own));
        }
      }
    }
  }

  private static List<Covering> fewest(List<List<Covering>> covering, BitSet about) {
    List<Covering> fewest = covering.get(about.nextSetBit(0));
    for (int i = about.nextSetBit(0); i >= 0 && !fewest.isEmpty(); i = about.nextSetBit(i + 1)) {
      fewest = covering.get(i).size() < fewest.size() ? covering.get(i) : fewest;
    }
    return fewest;
  }

  private static boolean isWithin(BitSet some, BitSet others) {
    BitSet rest = (BitSet) some.clone();
    rest.andNot(others);
    return rest.isEmpty();
  }

  private static boolean isAboutApplications(Condition condition) {
    return condition.operand() instanceof Operand.Applications
        || condition.operand() instanceof Operand.ApplicationGroups
        || condition.operand() instanceof Operand.Labels;
  }

  private static boolean covers(Rule earlier, Rule rule) {
    RuleMatch.Subjects wide = earlier.match().subjects();
    // With a person whose address is not trusted it is unknown whether either rule is meant: then
    // one that gives is passed over, and one that takes away decides.
    boolean surely = wide.anyone() || decidesUnsure(earlier) || needsToBeSure(rule);
    return surely && covers(wide, rule.match().subjects());
  }

  /// Whether a rule that only may match decides, so that none after it is asked.
  private static boolean decidesUnsure(Rule rule) {
    return switch (rule) {
      case AccessRule access -> access.action() == AccessRule.Action.DENY;
      case SessionRule session -> false;
      case ForwardingRule forwarding -> forwarding.forwarding() != ForwardingRule.Forwarding.BYPASS;
    };
  }

  /// Whether a rule decides only if it surely matches.
  private static boolean needsToBeSure(Rule rule) {
    return switch (rule) {
      case AccessRule access -> access.action() == AccessRule.Action.ALLOW;
      case SessionRule session -> false;
      case ForwardingRule forwarding -> forwarding.forwarding() == ForwardingRule.Forwarding.BYPASS;
    };
  }

  private static boolean covers(RuleMatch.Subjects wide, RuleMatch.Subjects narrow) {
    // A workload is nobody, so "anyone" does not cover one.
    boolean workloads = wide.workloads().containsAll(narrow.workloads());
    if (narrow.anyone() || wide.anyone()) {
      return wide.anyone() && workloads;
    }
    return workloads
        && wide.groups().containsAll(narrow.groups())
        && wide.users().containsAll(narrow.users());
  }

  private void shadow(Rule earlier, Rule rule) {
    boolean same = effect(earlier).equals(effect(rule));
    add(
        same ? Finding.Kind.SHADOWED : Finding.Kind.CONTRADICTING,
        rule.name(),
        "rule "
            + rule.name()
            + " ("
            + effect(rule)
            + ") never decides: rule "
            + earlier.name()
            + " ("
            + effect(earlier)
            + ") stands before it and covers all of it; "
            + (same ? "remove one of them" : "move it up, or remove it"));
  }

  private static String effect(Rule rule) {
    return switch (rule) {
      case AccessRule access -> ConditionText.word(access.action());
      case SessionRule session ->
          "maxAge %d s, idleTimeout %d s"
              .formatted(session.ageMax().toSeconds(), session.idleMax().toSeconds());
      case ForwardingRule forwarding -> ConditionText.word(forwarding.forwarding());
    };
  }

  private List<Rule> everyRule() {
    List<Rule> all = new ArrayList<>(configuration.rules());
    all.addAll(configuration.sessionRules());
    all.addAll(configuration.forwardingRules());
    return all;
  }

  // -- the rest

  private void neverHit(Map<String, RuleCounts> counts) {
    for (Rule rule : everyRule()) {
      RuleCounts count = counts.get(rule.name());
      if (!(rule.mode() instanceof RuleMode.Off)
          && (count == null || (count.hits() == 0 && count.reports() == 0))) {
        add(
            Finding.Kind.NEVER_HIT,
            rule.name(),
            "rule " + rule.name() + " never decided anything; remove it if it is not needed");
      }
    }
  }

  private void posture() {
    Map<String, PostureProfile> profiles = new HashMap<>();
    configuration.postureProfiles().forEach(each -> profiles.put(each.name(), each));
    for (Rule rule : everyRule()) {
      Set<Platform> asked = EnumSet.allOf(Platform.class);
      Set<Platform> answered = EnumSet.allOf(Platform.class);
      for (Condition condition : rule.match().conditions()) {
        switch (condition.operand()) {
          case Operand.Platforms(var platforms) when condition.negated() ->
              asked.removeAll(platforms);
          case Operand.Platforms(var platforms) -> asked.retainAll(platforms);
          case Operand.Posture(var results) ->
              answered.retainAll(answerable(results, condition.negated(), profiles));
          default -> {}
        }
      }
      asked.removeAll(answered);
      if (!asked.isEmpty()) {
        add(
            Finding.Kind.UNCOVERED_PLATFORM,
            rule.name(),
            "rule "
                + rule.name()
                + " asks for posture that "
                + String.join(", ", asked.stream().map(ConditionText::word).toList())
                + " cannot report: there it never "
                + (rule instanceof AccessRule ? "allows, and always denies" : "surely matches")
                + "; name the platforms that are meant, or a profile for the others");
      }
    }
  }

  /// Where any one of the results can be known, which is enough; where all can, if none of them may
  /// hold.
  private static Set<Platform> answerable(
      List<Operand.PostureResult> results, boolean all, Map<String, PostureProfile> profiles) {
    Set<Platform> platforms = all ? EnumSet.allOf(Platform.class) : EnumSet.noneOf(Platform.class);
    for (Operand.PostureResult result : results) {
      PostureProfile profile = profiles.get(result.profile());
      List<Platform> own = profile == null ? List.of() : profile.platforms();
      if (all) {
        platforms.retainAll(own);
      } else {
        platforms.addAll(own);
      }
    }
    return platforms;
  }

  private void width() {
    for (Application application : configuration.applications()) {
      for (HostPattern host : application.hosts()) {
        boolean wide =
            switch (host) {
              case HostPattern.ExactName exact -> false;
              case HostPattern.WildcardName(String suffix) ->
                  suffix.indexOf('.') < 0 || configuration.domains().contains(suffix);
              case HostPattern.Glob(String pattern) -> pattern.startsWith("*");
              case HostPattern.Addresses(var range) ->
                  range.prefixLength() <= (range.ipv6() ? WIDE_PREFIX_6 : WIDE_PREFIX_4);
            };
        if (wide) {
          add(
              Finding.Kind.WIDE,
              application.name(),
              "application "
                  + application.name()
                  + " covers all of "
                  + host.text()
                  + "; list what is meant");
        }
      }
    }
  }

  private void connectors(Iterable<ConnectorRecord> connectors) {
    Map<String, Integer> counts = new HashMap<>();
    for (ConnectorRecord connector : connectors) {
      if (connector.state() == ConnectorRecord.State.ENROLLED) {
        counts.merge(connector.group(), 1, Integer::sum);
      }
    }
    Set<String> serving = new HashSet<>();
    configuration.applications().forEach(each -> serving.addAll(each.connectorGroups()));
    configuration.serverGroups().forEach(each -> serving.addAll(each.connectorGroups()));
    for (ConnectorGroup group : configuration.connectorGroups()) {
      int count = counts.getOrDefault(group.name(), 0);
      if (count < 2 && serving.contains(group.name())) {
        add(
            Finding.Kind.SINGLE_CONNECTOR,
            group.name(),
            "connector group "
                + group.name()
                + " has "
                + (count == 0 ? "no app connector" : "one app connector")
                + "; enroll a second, so that one may fail");
      }
    }
  }

  /// With several providers none is asked unless the group says so.
  private void groups() {
    boolean several = configuration.identityProviders().size() > 1;
    for (Group group : configuration.groups()) {
      if (several && group.members().isEmpty() && group.sources().isEmpty()) {
        add(
            Finding.Kind.EMPTY_GROUP,
            group.name(),
            "nobody is in group "
                + group.name()
                + ": it lists no members, and with several identity providers the group has to say"
                + " whose word counts, as in from: ["
                + configuration.identityProviders().getFirst().name()
                + "]");
      }
    }
  }
}
