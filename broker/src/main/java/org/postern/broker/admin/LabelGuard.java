package org.postern.broker.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Application;
import org.postern.policystore.ApplicationTraits;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.yaml.PolicyError;

/**
 * What a role that is narrowed to labels may make of the policy: its own things, and those only
 * where they take nothing from other teams. One object for each change.
 */
final class LabelGuard {
  private static final String HIDDEN =
      "does not fit with something that your labels do not reach; ask somebody who sees all of the"
          + " policy";

  private final ChangeReview.Reach reachBefore;
  private final ChangeReview.Reach reachAfter;
  private final ConfigTree old;
  private final ConfigTree now;
  private final Map<String, Application> applicationsBefore = new HashMap<>();
  private final PolicyConfiguration after;
  private final Function<PolicyConfiguration, Snapshot> compiler;
  private @Nullable Snapshot compiled;

  LabelGuard(
      Principal principal,
      List<PolicyKind> kinds,
      PolicyConfiguration before,
      PolicyConfiguration after,
      Function<PolicyConfiguration, Snapshot> compiler) {
    this.old = ConfigTree.of(before);
    this.now = ConfigTree.of(after);
    this.reachBefore = new ChangeReview.Reach(principal, old, kinds);
    this.reachAfter = new ChangeReview.Reach(principal, now, kinds);
    this.after = after;
    this.compiler = compiler;
    before.applications().forEach(each -> applicationsBefore.put(each.name(), each));
  }

  /** What of a change is not the caller's to make, without the names of what he may not see. */
  List<String> objections(List<ObjectChange> changes) {
    List<String> objections = new ArrayList<>();
    int hidden = 0;
    for (ObjectChange change : changes) {
      String what = change.kind().word() + "/" + change.name();
      if (!isWithin(change)) {
        boolean shown = shows(change.before(), change, reachBefore);
        shown = shown && shows(change.after(), change, reachAfter);
        objections.addAll(shown ? List.of(what) : List.of());
        hidden += shown ? 0 : 1;
      } else {
        takes(change).ifPresent(taken -> objections.add(what + " (" + taken + ")"));
      }
    }
    if (hidden > 0) {
      objections.add("%d thing%s of others".formatted(hidden, hidden == 1 ? "" : "s"));
    }
    return objections;
  }

  private boolean isWithin(ObjectChange change) {
    return change.op() != ObjectChange.Op.MOVED
        && holds(change.before(), change, reachBefore)
        && holds(change.after(), change, reachAfter);
  }

  private static boolean holds(
      @Nullable JsonNode thing, ObjectChange change, ChangeReview.Reach reach) {
    return thing == null || reach.holds(change.kind(), thing);
  }

  private static boolean shows(
      @Nullable JsonNode thing, ObjectChange change, ChangeReview.Reach reach) {
    return thing == null || reach.shows(change.kind(), thing);
  }

  /** What a change of one's own would take from others. */
  private Optional<String> takes(ObjectChange change) {
    if (change.kind().isOrdered()) {
      return change.op() == ObjectChange.Op.ADDED && isAhead(change)
          ? Optional.of("it would stand before rules of others; put it behind your first rule")
          : Optional.empty();
    }
    return change.kind().word().equals("applications")
        ? after.applications().stream()
            .filter(each -> each.name().equals(change.name()))
            .findFirst()
            .flatMap(this::takes)
        : Optional.empty();
  }

  /** Rules of others that stood before all rules of the caller stay there. */
  private boolean isAhead(ObjectChange change) {
    Set<String> leading = new LinkedHashSet<>();
    for (ObjectNode rule : old.all(change.kind())) {
      if (reachBefore.holds(change.kind(), rule)) {
        break;
      }
      leading.add(ConfigTree.name(rule));
    }
    boolean seen = false;
    for (ObjectNode rule : now.all(change.kind())) {
      String name = ConfigTree.name(rule);
      seen |= name.equals(change.name());
      if (seen && leading.contains(name)) {
        return true;
      }
    }
    return false;
  }

  private Optional<String> takes(Application application) {
    Application before = applicationsBefore.get(application.name());
    for (String group : application.serverGroups()) {
      boolean had = before != null && before.serverGroups().contains(group);
      if (!had && !reachBefore.mayUseServerGroup(group)) {
        return Optional.of("server group " + group + " serves applications of others");
      }
    }
    boolean inclusive = isInclusive(application);
    for (HostPattern host : application.hosts()) {
      boolean had =
          before != null && before.hosts().contains(host) && (!inclusive || isInclusive(before));
      if (!had && isOthers(host, application)) {
        return Optional.of("host " + host.text() + " lies within an application of others");
      }
    }
    return inclusive && joins(application, before)
        ? Optional.of("with matching: inclusive it would join hosts of applications of others")
        : Optional.empty();
  }

  private static boolean isInclusive(Application application) {
    return application.traits().matching() == ApplicationTraits.Matching.INCLUSIVE;
  }

  private Snapshot compiled() {
    Snapshot made = compiled == null ? compiler.apply(after) : compiled;
    compiled = made;
    return made;
  }

  private boolean isOthers(HostPattern host, Application application) {
    return compiled().spot(host).covering().stream()
        .anyMatch(each -> !each.name().equals(application.name()) && reachAfter.isOthers(each));
  }

  /** Whether rules about it would count for hosts that another team lists. */
  private boolean joins(Application application, @Nullable Application before) {
    if (before != null && isInclusive(before) && before.hosts().containsAll(application.hosts())) {
      return false;
    }
    return after.applications().stream()
        .filter(each -> isInclusive(each) && reachAfter.isOthers(each))
        .flatMap(each -> each.hosts().stream())
        .anyMatch(host ->
            compiled().spot(host).applications().stream()
                .anyMatch(there -> there.name().equals(application.name())));
  }

  /** Mistakes without the names of what the caller may not see. */
  static List<PolicyError> seen(
      Principal principal, List<PolicyKind> kinds, ConfigTree tree, List<PolicyError> errors) {
    if (!principal.isNarrowed()) {
      return errors;
    }
    ChangeReview.Reach reach = new ChangeReview.Reach(principal, tree, kinds);
    Set<String> hidden = new HashSet<>();
    for (PolicyKind kind : kinds) {
      tree.all(kind).stream()
          .filter(thing -> !reach.shows(kind, thing))
          .forEach(thing -> hidden.add('"' + ConfigTree.name(thing) + '"'));
    }
    Set<PolicyError> seen = new LinkedHashSet<>();
    for (PolicyError error : errors) {
      if (error.path().startsWith(PolicyTests.PATH)) {
        seen.add(new PolicyError(1, 1, "tests", "a policy test fails that is not yours to see"));
      } else if (hidden.stream().anyMatch(error.message()::contains)) {
        seen.add(new PolicyError(error.line(), error.column(), error.path(), HIDDEN));
      } else {
        seen.add(error);
      }
    }
    return List.copyOf(seen);
  }
}
