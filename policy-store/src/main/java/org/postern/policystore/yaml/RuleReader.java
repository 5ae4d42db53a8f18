package org.postern.policystore.yaml;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Condition;
import org.postern.policystore.ForwardingRule;
import org.postern.policystore.Label;
import org.postern.policystore.Operand;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.SessionRule;

/// Reads the three kinds of rules. What is wrong is noted and left out.
final class RuleReader {
  static final List<String> ACCESS = keys("action", "message", "connectorGroups", "stepUp");
  static final List<String> SESSION = keys("maxAge", "idleTimeout");
  static final List<String> FORWARDING = keys("forwarding");

  private static final Duration AGE_MAX = Duration.ofDays(90);
  private static final Duration IDLE_MAX = Duration.ofDays(7);

  private final Fields.Reading reading;

  RuleReader(Fields.Reading reading) {
    this.reading = reading;
  }

  private static List<String> keys(String... own) {
    List<String> keys = new ArrayList<>(List.of("name"));
    keys.addAll(List.of(own));
    keys.addAll(
        List.of(
            "applications",
            "applicationGroups",
            "labels",
            "anyApplication",
            "groups",
            "users",
            "workloads",
            "anyone",
            "when",
            "mode",
            "enforcePercent",
            "enforceGroup",
            "expires"));
    return List.copyOf(keys);
  }

  Optional<AccessRule> access(Fields fields) {
    Optional<String> name = fields.name("rule", Grammar::name);
    Optional<AccessRule.Action> action =
        fields.required("action", text -> Words.constant(text, AccessRule.Action.values()));
    RuleMatch match = match(fields, name.orElse("?"));
    RuleMode mode = mode(fields, name.orElse("?"));
    AccessRule.SignInStrength stepUp = stepUp(fields);
    boolean asks = action.filter(each -> each == AccessRule.Action.STEP_UP).isPresent();
    if (action.isPresent() && asks != fields.has("stepUp")) {
      fields.problem(
          asks
              ? "key \"stepUp\" is missing (what the sign-in must be, as in stepUp: {maxAge: 1h})"
              : "stepUp belongs to rules with action: step-up");
    }
    String message = fields.optional("message", Grammar::text).orElse("");
    List<String> steering =
        fields.list(
            "connectorGroups", Grammar::name, "rule " + name.orElse("?") + " connector group ");
    AccessRule.Terms terms = new AccessRule.Terms(message, steering, expires(fields), stepUp);
    return name.isEmpty() || action.isEmpty()
        ? Optional.empty()
        : Optional.of(new AccessRule(name.get(), action.get(), match, mode, terms));
  }

  private AccessRule.SignInStrength stepUp(Fields rule) {
    Node node = rule.get("stepUp");
    Fields fields =
        node == null
            ? null
            : Fields.of(node, rule.at("stepUp"), reading, List.of("maxAge", "methods", "contexts"));
    if (fields == null) {
      return AccessRule.SignInStrength.NONE;
    }
    AccessRule.SignInStrength strength =
        new AccessRule.SignInStrength(
            duration(fields, "maxAge", AGE_MAX),
            fields.list("methods", Grammar::text, ""),
            fields.list("contexts", Grammar::text, ""));
    if (strength.equals(AccessRule.SignInStrength.NONE)) {
      fields.problem("asks for nothing (expected: maxAge, methods or contexts)");
    }
    return strength;
  }

  Optional<SessionRule> session(Fields fields) {
    Optional<String> name = fields.name("rule", Grammar::name);
    RuleMatch match = match(fields, name.orElse("?"));
    RuleMode mode = mode(fields, name.orElse("?"));
    Duration age = duration(fields, "maxAge", AGE_MAX);
    Duration idle = duration(fields, "idleTimeout", IDLE_MAX);
    if (!fields.has("maxAge") && !fields.has("idleTimeout")) {
      fields.problem("limits nothing (expected: maxAge, idleTimeout or both)");
    }
    Instant expires = expires(fields);
    return name.map(text -> new SessionRule(text, match, mode, expires, age, idle));
  }

  Optional<ForwardingRule> forwarding(Fields fields) {
    Optional<String> name = fields.name("rule", Grammar::name);
    Optional<ForwardingRule.Forwarding> forwarding =
        fields.required(
            "forwarding", text -> Words.constant(text, ForwardingRule.Forwarding.values()));
    RuleMatch match = match(fields, name.orElse("?"));
    RuleMode mode = mode(fields, name.orElse("?"));
    Instant expires = expires(fields);
    return name.isEmpty()
        ? Optional.empty()
        : forwarding.map(what -> new ForwardingRule(name.get(), match, mode, expires, what));
  }

  private static Duration duration(Fields fields, String key, Duration max) {
    return fields.optional(key, text -> Grammar.duration(text, max)).orElse(Duration.ZERO);
  }

  private static @Nullable Instant expires(Fields fields) {
    return fields.optional("expires", Words::instant).orElse(null);
  }

  private static RuleMode mode(Fields fields, String rule) {
    Optional<String> word = fields.optional("mode", Words::mode);
    Optional<Integer> percent = fields.optional("enforcePercent", Words::percent);
    Optional<String> group = fields.optional("enforceGroup", Grammar::groupName);
    group.ifPresent(name -> fields.place("enforceGroup", "rule " + rule + " group " + name));
    int given =
        (fields.has("mode") ? 1 : 0)
            + (fields.has("enforcePercent") ? 1 : 0)
            + (fields.has("enforceGroup") ? 1 : 0);
    if (given > 1) {
      fields.problem("more than one of mode, enforcePercent and enforceGroup; keep one");
    }
    if (percent.isPresent()) {
      return new RuleMode.EnforcePercent(percent.get());
    }
    if (group.isPresent()) {
      return new RuleMode.EnforceGroup(group.get());
    }
    return switch (word.orElse("enforce")) {
      case "off" -> new RuleMode.Off();
      case "report-only" -> new RuleMode.ReportOnly();
      default -> RuleMode.ENFORCE;
    };
  }

  private RuleMatch match(Fields fields, String rule) {
    return new RuleMatch(targets(fields, rule), subjects(fields, rule), conditions(fields, rule));
  }

  private static RuleMatch.Targets targets(Fields fields, String rule) {
    String place = "rule " + rule + " ";
    List<String> applications =
        sorted(fields.list("applications", Grammar::name, place + "application "));
    List<String> groups =
        sorted(fields.list("applicationGroups", Grammar::name, place + "application group "));
    List<Label> labels = sorted(fields.list("labels", Words::label, ""));
    boolean any = fields.flag("anyApplication");
    boolean named =
        !fields.items("applications").isEmpty()
            || !fields.items("applicationGroups").isEmpty()
            || !fields.items("labels").isEmpty();
    if (any && named) {
      fields.problem("anyApplication: true leaves no room for others; keep one of them");
    } else if (!any && !named) {
      fields.problem(
          "key \"applications\" is missing or empty (expected: applications, applicationGroups,"
              + " labels, or anyApplication: true)");
    }
    return new RuleMatch.Targets(any, applications, groups, labels);
  }

  private static RuleMatch.Subjects subjects(Fields fields, String rule) {
    List<String> groups =
        sorted(fields.list("groups", Grammar::groupName, "rule " + rule + " group "));
    List<String> users = sorted(fields.list("users", Grammar::email, ""));
    List<String> workloads = sorted(fields.list("workloads", Grammar::name, ""));
    boolean anyone = fields.flag("anyone");
    boolean named =
        !fields.items("groups").isEmpty()
            || !fields.items("users").isEmpty()
            || !fields.items("workloads").isEmpty();
    if (anyone && named) {
      fields.problem("anyone: true leaves no room for groups or users; keep one of them");
    } else if (!anyone && !named) {
      fields.problem("nobody is named (expected: groups, users, workloads, or anyone: true)");
    }
    return new RuleMatch.Subjects(anyone, groups, users, workloads);
  }

  private static <T extends Comparable<? super T>> List<T> sorted(List<T> values) {
    values.sort(Comparator.naturalOrder());
    return values;
  }

  private List<Condition> conditions(Fields rule, String name) {
    List<Condition> conditions = new ArrayList<>();
    List<Node> items = rule.items("when");
    for (int i = 0; i < items.size(); i++) {
      Fields fields =
          Fields.of(items.get(i), rule.at("when") + "[" + i + "]", reading, Words.CONDITION_KEYS);
      if (fields != null) {
        condition(fields, "rule " + name + " ").ifPresent(conditions::add);
      }
    }
    return conditions;
  }

  private static Optional<Condition> condition(Fields fields, String place) {
    boolean negated = fields.flag("not");
    List<String> words = Words.OPERANDS.stream().filter(fields::has).toList();
    if (words.size() != 1) {
      fields.problem(
          (words.isEmpty() ? "nothing is asked" : String.join(" and ", words))
              + " (expected: one question for each condition, as in - platforms: [linux])");
      return Optional.empty();
    }
    Optional<Operand> operand = Words.operand(words.getFirst(), fields, place);
    return operand.map(each -> new Condition(negated, each));
  }
}
