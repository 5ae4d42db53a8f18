package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.postern.broker.front.Head;
import org.postern.policystore.Application;
import org.postern.policystore.Label;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.decision.Snapshot;
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
  private final Right right;
  private final Function<PolicyConfiguration, List<PolicyError>> tests;
  private final Function<PolicyConfiguration, Snapshot> compiler;
  private List<ObjectChange> changes = List.of();
  private List<PolicyError> failedTests = List.of();
  private ImpactDesk.Change whole = ImpactDesk.Change.NONE;

  /** What lets somebody bring a change. */
  enum Right {
    /** He writes it himself: he needs the right to write each kind that it changes. */
    WRITES,
    /** He only asks what it would change, which whoever reads the policy may. */
    PLANS,
    /** He approves it as a second person; its author had the right to write it. */
    APPROVES
  }

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
   * @param compiler makes a snapshot of a policy without people
   */
  ChangeReview(
      List<PolicyKind> kinds,
      Principal principal,
      Head head,
      Right right,
      Set<String> secondPersonFor,
      Function<PolicyConfiguration, List<PolicyError>> tests,
      Function<PolicyConfiguration, Snapshot> compiler) {
    this.right = right;
    this.tests = tests;
    this.compiler = compiler;
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
    changes = ConfigTree.changes(before, after, kinds);
    whole = new ImpactDesk.Change(before, after);
    List<String> refused = new ArrayList<>();
    if (principal.isNarrowed()) {
      LabelGuard guard = new LabelGuard(principal, kinds, before, after, compiler);
      refused.addAll(guard.objections(changes));
    }
    for (ObjectChange change : changes) {
      if (right == Right.WRITES && !principal.may(change.kind().word() + ":write")) {
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
    private final Set<String> serverGroups = new HashSet<>();
    private final Set<String> serverGroupsOfOthers = new HashSet<>();

    Reach(Principal principal, ConfigTree tree, List<PolicyKind> kinds) {
      this.principal = principal;
      if (principal.isNarrowed()) {
        for (PolicyKind kind : kinds) {
          if (kind.word().equals("applications")) {
            tree.all(kind).forEach(this::sort);
          }
        }
      }
    }

    private void sort(JsonNode application) {
      boolean ours = bears(application);
      if (ours) {
        applications.add(ConfigTree.name(application));
      }
      Set<String> named = ours ? serverGroups : serverGroupsOfOthers;
      application.path("serverGroups").forEach(each -> named.add(each.asText()));
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
        case "application-groups" -> !principal.isNarrowed() || namesOurs(thing);
        case "server-groups" -> mayUseServerGroup(ConfigTree.name(thing));
        case "applications", "rules", "session-rules", "forwarding-rules", "tests" ->
            holds(kind, thing);
        default -> true;
      };
    }

    /** Whether the role reaches the application of this name. */
    boolean holdsApplication(String name) {
      return !principal.isNarrowed() || applications.contains(name);
    }

    /** Whether an application of ours is served from it already, or none of others is. */
    boolean mayUseServerGroup(String name) {
      return !principal.isNarrowed()
          || serverGroups.contains(name)
          || !serverGroupsOfOthers.contains(name);
    }

    /**
     * Whether an application is another team's: it has a label of the same key as the role's with
     * another value. One without that key is nobody's.
     */
    boolean isOthers(Application application) {
      if (!principal.isNarrowed() || applications.contains(application.name())) {
        return false;
      }
      return principal.role().labels().stream()
          .map(label -> label.substring(0, label.indexOf('=') + 1))
          .anyMatch(key ->
              application.traits().labels().stream()
                  .map(Label::toString)
                  .anyMatch(label ->
                      label.startsWith(key) && !principal.role().labels().contains(label)));
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
      return namesOurs(rule) && OF_A_RULE_FOR_APPLICATIONS.stream().noneMatch(rule::has);
    }

    /** Whether it names applications, and none of others. */
    private boolean namesOurs(JsonNode thing) {
      JsonNode named = thing.path("applications");
      if (!named.isArray() || named.isEmpty()) {
        return false;
      }
      for (JsonNode each : named) {
        if (!applications.contains(each.asText())) {
          return false;
        }
      }
      return true;
    }
  }
}
