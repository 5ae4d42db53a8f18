package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.broker.front.Head;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.PolicyChange;
import org.postern.policystore.yaml.PolicyError;

/**
 * Looks at a change of the policy thing by thing: may this administrator make it, does it need a
 * second person, and what is to be written down of it. One object for each change.
 */
final class ChangeReview implements PolicyChange.Review {
  private final List<PolicyKind> kinds;
  private final Principal principal;
  private final Head head;
  private final Set<String> secondPersonFor;
  private final Function<PolicyConfiguration, List<PolicyError>> tests;
  private List<ObjectChange> changes = List.of();
  private List<PolicyError> failedTests = List.of();
  private ImpactDesk.Change whole = ImpactDesk.Change.NONE;

  /** The change has to wait for a second person. */
  static final class NeedsSecondPerson extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NeedsSecondPerson() {
      super("needs a second person", null, false, false);
    }
  }

  /**
   * A review.
   *
   * @param secondPersonFor kinds whose change has to wait; empty when it does not, or has waited
   * @param tests what the policy that would be does not pass
   */
  ChangeReview(
      List<PolicyKind> kinds,
      Principal principal,
      Head head,
      Set<String> secondPersonFor,
      Function<PolicyConfiguration, List<PolicyError>> tests) {
    this.tests = tests;
    this.kinds = kinds;
    this.principal = principal;
    this.head = head;
    this.secondPersonFor = Set.copyOf(secondPersonFor);
  }

  /** What changes, once it was reviewed. */
  List<ObjectChange> changes() {
    return changes;
  }

  /** The policy tests that do not let it pass, once it was reviewed. */
  List<PolicyError> failedTests() {
    return failedTests;
  }

  /** The whole of it, once it was reviewed. */
  ImpactDesk.Change whole() {
    return whole;
  }

  @Override
  public PolicyChange.Findings review(PolicyConfiguration before, PolicyConfiguration after) {
    ConfigTree old = ConfigTree.of(before);
    ConfigTree now = ConfigTree.of(after);
    changes = old.to(now, kinds);
    whole = new ImpactDesk.Change(before, after);
    Reach reachBefore = new Reach(principal, old, kinds);
    Reach reachAfter = new Reach(principal, now, kinds);
    List<String> refused = new ArrayList<>();
    for (ObjectChange change : changes) {
      if (!principal.may(change.kind().word() + ":write")
          || !within(change, change.before(), reachBefore)
          || !within(change, change.after(), reachAfter)) {
        refused.add(change.kind().word() + "/" + change.name());
      }
    }
    if (!refused.isEmpty()) {
      throw AdminProblem.forbidden("Not yours to change: " + AdminApi.some(refused));
    }
    List<PolicyError> failures = tests.apply(after);
    failedTests = failures;
    if (!failures.isEmpty()) {
      return new PolicyChange.Findings(failures, List.of());
    }
    if (changes.stream().anyMatch(change -> secondPersonFor.contains(change.kind().word()))) {
      throw new NeedsSecondPerson();
    }
    return new PolicyChange.Findings(List.of(), changes.stream().map(this::event).toList());
  }

  private boolean within(ObjectChange change, @Nullable JsonNode thing, Reach reach) {
    if (!principal.isNarrowed()) {
      return true;
    }
    return change.op() != ObjectChange.Op.MOVED
        && (thing == null || reach.holds(change.kind(), thing));
  }

  private AuditEvent event(ObjectChange change) {
    return AuditEvent.done(
            principal.actor(), "config." + change.word(), change.kind().word(), change.name())
        .changing(change.fieldsBefore(), change.fieldsAfter())
        .in(head.requestId(), head.from().getHostAddress());
  }

  /** What a role that is narrowed to labels reaches in one configuration. */
  static final class Reach {
    private static final Set<String> OF_A_RULE_FOR_APPLICATIONS =
        Set.of("applicationGroups", "labels", "applicationLabels");

    private final Principal principal;
    private final Set<String> applications = new HashSet<>();

    Reach(Principal principal, ConfigTree tree, List<PolicyKind> kinds) {
      this.principal = principal;
      if (principal.isNarrowed()) {
        for (PolicyKind kind : kinds) {
          if (kind.word().equals("applications")) {
            tree.all(kind).stream()
                .filter(this::bears)
                .forEach(application -> applications.add(ConfigTree.name(application)));
          }
        }
      }
    }

    /** Whether the role reaches this thing. */
    boolean holds(PolicyKind kind, JsonNode thing) {
      if (!principal.isNarrowed()) {
        return true;
      }
      return switch (kind.word()) {
        case "applications" -> bears(thing);
        case "rules", "session-rules", "forwarding-rules" -> isAboutOurs(thing);
        default -> false;
      };
    }

    /**
     * Whether a list shows this thing: what is not about applications is shown whole. Tests are.
     */
    boolean shows(PolicyKind kind, JsonNode thing) {
      return switch (kind.word()) {
        case "applications", "rules", "session-rules", "forwarding-rules", "tests" ->
            holds(kind, thing);
        default -> true;
      };
    }

    /** Whether the role reaches the application of this name. */
    boolean holdsApplication(String name) {
      return !principal.isNarrowed() || applications.contains(name);
    }

    private boolean bears(JsonNode application) {
      Set<String> labels = new HashSet<>();
      JsonNode written = application.path("labels");
      written
          .properties()
          .forEach(each -> labels.add(each.getKey() + "=" + each.getValue().asText()));
      if (written.isArray()) {
        written.forEach(each -> labels.add(each.asText()));
      }
      return labels.containsAll(principal.role().labels());
    }

    private boolean isAboutOurs(JsonNode rule) {
      JsonNode named = rule.path("applications");
      if (!named.isArray() || named.isEmpty()) {
        return false;
      }
      for (JsonNode each : named) {
        if (!applications.contains(each.asText())) {
          return false;
        }
      }
      return OF_A_RULE_FOR_APPLICATIONS.stream().noneMatch(rule::has);
    }
  }
}
