package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.ConditionText;
import org.postern.policystore.Operand;
import org.postern.policystore.Rule;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.SessionRule;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;

/// Asks for a decision with a witness, and then every rule about the application for its
/// conditions, one by one.
final class Explainer {
  private final Snapshot snapshot;
  private final SubjectView view;
  private final long nowMillis;

  Explainer(Snapshot snapshot, SubjectView view, long nowMillis) {
    this.snapshot = snapshot;
    this.view = view;
    this.nowMillis = nowMillis;
  }

  Explanation explain(String host, int port, Transport transport) {
    Map<CompiledRule, Truth> asked = new HashMap<>();
    NextChange next = new NextChange(view.subject, nowMillis, view.expiresAtMillis);
    Decision decision =
        snapshot.decide(
            view,
            host,
            port,
            transport,
            nowMillis,
            new Witness() {
              @Override
              public void asked(RuleLayer layer, int index, Truth truth) {
                asked.put(layer.rules[index], truth);
                next.asked(layer, index, truth);
              }

              @Override
              public void changesAt(long millis) {
                next.changesAt(millis);
              }
            },
            false);
    List<CompiledApplication> applications = applications(host, port, transport);
    List<Explanation.RuleTrace> rules = new ArrayList<>();
    CompiledPolicy policy = snapshot.policy();
    for (RuleLayer layer : List.of(policy.access, policy.sessions)) {
      trace(layer, applications, decision, asked, rules);
    }
    boolean refused = view.refusal(nowMillis).isPresent();
    return new Explanation(
        decision,
        layer(decision, refused, applications.isEmpty()),
        applications.stream().map(each -> each.application.name()).toList(),
        rules,
        refused ? Long.MAX_VALUE : next.next());
  }

  private List<CompiledApplication> applications(String host, int port, Transport transport) {
    HostEntry entry = snapshot.policy().catalog.entry(host);
    long matching = entry.matching(port, transport, view.facts().clientType());
    List<CompiledApplication> applications = new ArrayList<>();
    for (long rest = matching; rest != 0; rest &= rest - 1) {
      applications.add(entry.applications[Long.numberOfTrailingZeros(rest)]);
    }
    return applications;
  }

  private static Explanation.Layer layer(Decision decision, boolean refused, boolean nowhere) {
    if (refused) {
      return Explanation.Layer.SUBJECT;
    }
    if (nowhere) {
      return Explanation.Layer.APPLICATION;
    }
    return decision.rule() instanceof SessionRule
        ? Explanation.Layer.SESSION
        : Explanation.Layer.ACCESS;
  }

  private void trace(
      RuleLayer layer,
      List<CompiledApplication> applications,
      Decision decision,
      Map<CompiledRule, Truth> asked,
      List<Explanation.RuleTrace> traces) {
    LayerView layerView = layer == snapshot.policy().access ? view.access : view.sessions;
    Rule decided = decision.rule();
    for (int i = 0; i < layer.rules.length && traces.size() < Explanation.RULES_MAX; i++) {
      int index = i;
      CompiledRule rule = layer.rules[i];
      if (applications.stream().noneMatch(each -> layer.isAbout(index, each))) {
        continue;
      }
      Truth truth =
          rule.at(rule.standing(rule.who(view.subject), view.subject), view.subject, nowMillis);
      boolean reports = layerView.isReportOnly(index) && truth != Truth.FALSE;
      if (!reports) {
        truth = truth.and(rule.inForce(view.subject));
      }
      Explanation.Role role = Explanation.Role.PASSED;
      if (decided != null && decided.name().equals(rule.rule.name())) {
        role = Explanation.Role.DECIDED;
      } else if (reports) {
        role = Explanation.Role.REPORTED;
      } else if (truth != Truth.FALSE && !asked.containsKey(rule)) {
        role = Explanation.Role.NOT_ASKED;
      }
      Explanation.Layer kind =
          rule.rule instanceof SessionRule ? Explanation.Layer.SESSION : Explanation.Layer.ACCESS;
      traces.add(new Explanation.RuleTrace(rule.rule.name(), kind, truth, role, conditions(rule)));
    }
  }

  private List<Explanation.ConditionTrace> conditions(CompiledRule rule) {
    List<Explanation.ConditionTrace> traces = new ArrayList<>();
    Truth who = rule.who(view.subject);
    traces.add(
        new Explanation.ConditionTrace(
            text(rule.rule.match().subjects()), who, who == Truth.UNKNOWN ? null : whoAsks()));
    for (CompiledCondition condition : rule.conditions) {
      traces.add(
          new Explanation.ConditionTrace(
              ConditionText.line(condition.source()),
              condition.test(view.subject, nowMillis),
              fact(condition.source().operand())));
    }
    return traces;
  }

  private static String text(RuleMatch.Subjects who) {
    if (who.anyone()) {
      return "anyone";
    }
    List<String> parts = new ArrayList<>();
    part("groups", who.groups(), parts);
    part("users", who.users(), parts);
    part("workloads", who.workloads(), parts);
    return String.join("; ", parts);
  }

  private static void part(String word, List<String> names, List<String> parts) {
    if (!names.isEmpty()) {
      parts.add(word + ": " + String.join(", ", names));
    }
  }

  private String whoAsks() {
    if (view.subject.workload() != null) {
      return "workload " + view.subject.workload();
    }
    String email = view.subject.email() == null ? "no trusted address" : view.subject.email();
    return email + " in " + view.subject.groups().stream().sorted().toList();
  }

  /// What is known about what an operand asks; null: nothing.
  private @Nullable String fact(Operand operand) {
    SubjectFacts subject = view.subject;
    SessionRecord session = subject.session();
    return switch (operand) {
      case Operand.Applications names -> null;
      case Operand.ApplicationGroups names -> null;
      case Operand.Labels labels -> null;
      case Operand.Users emails -> subject.email();
      case Operand.Groups names -> subject.groups().stream().sorted().toList().toString();
      case Operand.Attribute(String name, var values) -> attribute(subject.user(), name);
      case Operand.Providers names -> session == null ? null : session.provider();
      case Operand.Workloads names -> String.valueOf(subject.workload());
      case Operand.ClientTypes types -> text(subject.facts().clientType());
      case Operand.Platforms platforms -> text(subject.facts().platform());
      case Operand.Posture(var results) ->
          results.stream()
              .map(each ->
                  each.profile() + " is " + ConditionText.word(subject.posture(each.profile())))
              .toList()
              .toString();
      case Operand.TrustedNetworks(var names) ->
          names.stream()
              .map(each -> each + " is " + ConditionText.word(subject.onNetwork(each)))
              .toList()
              .toString();
      case Operand.Sources ranges ->
          subject.facts().source() == null ? null : subject.facts().source().toString();
      case Operand.Countries codes -> subject.facts().country();
      case Operand.Risks levels -> text(subject.facts().risk());
      case Operand.Times windows -> java.time.Instant.ofEpochMilli(nowMillis).toString();
      case Operand.AuthenticationAge age ->
          session == null ? null : "signed in at " + session.authenticatedAt();
      case Operand.AuthenticationMethods methods ->
          session == null || session.strength().methods().isEmpty()
              ? null
              : session.strength().methods().toString();
      case Operand.AuthenticationContexts contexts ->
          session == null || session.strength().context().isEmpty()
              ? null
              : session.strength().context();
    };
  }

  private static @Nullable String attribute(@Nullable UserRecord user, String name) {
    List<String> values = user == null ? null : user.attributes().get(name);
    return values == null ? null : values.toString();
  }

  private static @Nullable String text(@Nullable Enum<?> fact) {
    return fact == null ? null : ConditionText.word(fact);
  }
}
