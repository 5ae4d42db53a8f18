package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.postern.broker.front.Reply;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.ChangeSummary;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.jdbc.ApplyResult;
import org.postern.policystore.jdbc.ConfigurationHistory;
import org.postern.policystore.jdbc.PolicyBusyException;
import org.postern.policystore.jdbc.PolicyChange;
import org.postern.policystore.jdbc.PolicyStore;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyError;
import org.postern.policystore.yaml.PolicyParser;

/**
 * Changes the policy, as a whole document or one thing at a time, always by the same way: parsed,
 * checked against what is there, reviewed, applied in one transaction. Blocking; any thread.
 */
final class PolicyEditor {
  static final String FOUR_EYES = "four-eyes";

  private final AdminParts parts;
  private final Contract contract;
  private final AdminLimits limits;
  private final PolicyParser ofAdministrators;
  private final PolicyParser ofOurs;

  /**
   * Changes stand in line here, the first come first, so that one of them at most waits in the
   * database for other brokers, and the pool's connections are free for what only reads.
   */
  private final ReentrantLock changing = new ReentrantLock(true);

  /** How a document came to be applied. */
  record Order(String document, String message, OptionalLong expected, boolean dryRun) {}

  /** What became of it. */
  sealed interface Outcome {
    /**
     * It is in force, or would be.
     *
     * @param version of the configuration that it made, whatever others did since
     * @param made that configuration
     */
    record Done(
        List<ObjectChange> changes,
        List<String> lines,
        long version,
        ImpactDesk.Change whole,
        PolicyConfiguration made)
        implements Outcome {}

    /** It waits for a second person. */
    record Waits(String id) implements Outcome {}

    /** Somebody else was faster. */
    record Overtaken() implements Outcome {}
  }

  PolicyEditor(AdminParts parts, Contract contract, AdminLimits limits) {
    this.parts = parts;
    this.contract = contract;
    this.limits = limits;
    PolicyLimits policy = parts.policyLimits();
    this.ofAdministrators = new PolicyParser(policy);
    this.ofOurs = new PolicyParser(policy.withDocumentBytes(limits.internalDocumentBytes()));
  }

  Contract contract() {
    return contract;
  }

  /** Kinds whose changes need a second person. */
  Set<String> fourEyes() {
    String setting = parts.administrators().roles().setting(FOUR_EYES).orElse("");
    return setting.isEmpty() ? Set.of() : Set.of(setting.split(","));
  }

  /** Applies what an administrator wrote. */
  Outcome apply(AdminCall call, Order order) {
    return apply(call, order, ofAdministrators, false);
  }

  /** Applies what we wrote before: a version of the history, a change that has waited. */
  Outcome applyOurs(AdminCall call, Order order, boolean hasWaited) {
    return apply(call, order, ofOurs, hasWaited);
  }

  private Outcome apply(AdminCall call, Order order, PolicyParser parser, boolean hasWaited) {
    PolicyDocument document = parsed(order.document(), parser);
    Set<String> fourEyes = hasWaited || order.dryRun() ? Set.of() : fourEyes();
    ChangeReview review = review(call, right(call, hasWaited), fourEyes);
    // What it was reviewed against; a second person lets it in on top of that and of nothing else.
    AtomicLong base = new AtomicLong();
    PolicyStore.Edit whole =
        now -> {
          base.set(now.version());
          return document;
        };
    try {
      return inTurn(call, order, review, change -> parts.policy().edit(whole, change));
    } catch (ChangeReview.NeedsSecondPerson e) {
      return new Outcome.Waits(keep(call, order, base.get(), review));
    }
  }

  private static ChangeReview.Right right(AdminCall call, boolean hasWaited) {
    if (hasWaited) {
      return ChangeReview.Right.APPROVES;
    }
    return call.operation.readsOnly() ? ChangeReview.Right.PLANS : ChangeReview.Right.WRITES;
  }

  private ChangeReview review(AdminCall call, ChangeReview.Right right, Set<String> fourEyes) {
    return new ChangeReview(
        contract.kinds(),
        call.principal,
        call.head,
        right,
        fourEyes,
        after -> PolicyTests.failures(after, this::compiled, parts.clock().instant()),
        this::compiled);
  }

  private Outcome inTurn(
      AdminCall call,
      Order order,
      ChangeReview review,
      Function<PolicyChange, ApplyResult> applying) {
    PolicyChange change =
        new PolicyChange(
            call.principal.actor(),
            order.message(),
            call.head.requestId(),
            call.head.from().getHostAddress(),
            order.expected(),
            order.dryRun(),
            review);
    return switch (whenItsTurnHasCome(applying, change)) {
      case ApplyResult.Refused(List<PolicyError> errors) -> {
        if (!order.dryRun() && !review.failedTests().isEmpty()) {
          blocked(call, order, review.failedTests());
        }
        throw wrong(seen(call, errors));
      }
      case ApplyResult.Conflict conflict -> new Outcome.Overtaken();
      case ApplyResult.Applied applied -> {
        call.isAudited();
        if (!order.dryRun()) {
          // Whoever applied finds it in force when the answer is there.
          parts.snapshots().refresh();
        }
        yield new Outcome.Done(
            review.changes(),
            applied.changes(),
            applied.configurationVersion(),
            review.whole(),
            applied.configuration());
      }
    };
  }

  private ApplyResult whenItsTurnHasCome(
      Function<PolicyChange, ApplyResult> applying, PolicyChange change) {
    try {
      if (!changing.tryLock(PolicyStore.TURN_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new PolicyBusyException(null);
      }
      try {
        return applying.apply(change);
      } finally {
        changing.unlock();
      }
    } catch (PolicyBusyException e) {
      throw busy();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy();
    }
  }

  private static AdminProblem busy() {
    return new AdminProblem(
        Reply.problem(
                409,
                "change-under-way",
                "Another change of the policy is still being made",
                "Nothing was changed by this one after %d s in line. Try again."
                    .formatted(PolicyStore.TURN_MAX.toSeconds()))
            .with("Retry-After", "5"));
  }

  /** A policy without people; what does not differ from the one in force is not made again. */
  Snapshot compiled(PolicyConfiguration configuration) {
    Snapshot now = parts.snapshots().current();
    return now.with(0, configuration.sharing(now.configuration()), IdentityState.EMPTY);
  }

  /** Who wanted what, and which tests did not let it pass. */
  private void blocked(AdminCall call, Order order, List<PolicyError> failures) {
    parts
        .audit()
        .record(
            AuditEvent.done(call.principal.actor(), "policy.apply", "policy", order.message())
                .refused(
                    "policy tests failed: "
                        + AdminApi.some(failures.stream().map(PolicyError::path).toList()))
                .in(call.head.requestId(), call.head.from().getHostAddress()));
  }

  private String keep(AdminCall call, Order order, long base, ChangeReview review) {
    List<String> lines =
        review.changes().stream()
            .map(change -> change.kind().word() + " " + change.name() + ": " + change.word())
            .toList();
    String id =
        parts
            .administrators()
            .changes()
            .add(
                order.document(),
                ConfigurationHistory.bounded(lines),
                base,
                call.principal.person(),
                order.message(),
                parts.clock().instant().plus(limits.secondPerson()));
    parts
        .audit()
        .record(
            AuditEvent.done(call.principal.actor(), "change.wait", "change", id)
                .changing(Map.of(), ChangeSummary.of(lines, "postern admin change show " + id))
                .in(call.head.requestId(), call.head.from().getHostAddress()));
    call.isAudited();
    return id;
  }

  /** What the policy in force would be with a document over it; nothing is changed. */
  PolicyConfiguration proposed(AdminCall call, String document, PolicyConfiguration live) {
    PolicyDocument parsed = parsed(document, ofAdministrators);
    List<PolicyError> errors =
        parsed.errorsOver(live, parts.policyLimits(), parts.administrators().roles().names());
    if (!errors.isEmpty()) {
      throw wrong(seen(call, errors));
    }
    return parsed.over(live);
  }

  private List<PolicyError> seen(AdminCall call, List<PolicyError> errors) {
    return call.principal.isNarrowed()
        ? LabelGuard.seen(
            call.principal, contract.kinds(), ConfigTree.of(parts.policy().load()), errors)
        : errors;
  }

  /** What a document that we wrote says. */
  PolicyConfiguration written(String document) {
    return parsed(document, ofOurs).over(PolicyConfiguration.EMPTY);
  }

  private static PolicyDocument parsed(String document, PolicyParser parser) {
    return switch (parser.parse(document)) {
      case PolicyParser.Result.Failed(List<PolicyError> errors) -> throw wrong(errors);
      case PolicyParser.Result.Parsed(PolicyDocument parsed) -> parsed;
    };
  }

  /** Takes the tree, changes one kind in it, and says which. */
  @FunctionalInterface
  interface Edit {
    PolicyKind on(ConfigTree tree);
  }

  /** Changes one thing of what there is when its turn has come, so that nobody is faster. */
  Outcome edit(AdminCall call, Edit edit) {
    ChangeReview review = review(call, right(call, false), call.isDryRun() ? Set.of() : fourEyes());
    AtomicReference<Order> made =
        new AtomicReference<>(new Order("", "", OptionalLong.empty(), call.isDryRun()));
    PolicyStore.Edit inside =
        now -> {
          ConfigTree tree = ConfigTree.of(now.configuration());
          String document = tree.document(edit.on(tree));
          made.set(new Order(document, "", OptionalLong.of(now.version()), call.isDryRun()));
          return parsed(document, ofOurs);
        };
    try {
      return inTurn(call, made.get(), review, change -> parts.policy().edit(inside, change));
    } catch (ChangeReview.NeedsSecondPerson e) {
      long base = made.get().expected().orElseThrow();
      return new Outcome.Waits(keep(call, made.get(), base, review));
    }
  }

  /** The answer to a change that has to wait. */
  static Reply waits(Outcome.Waits waits) {
    return Reply.json(
        202,
        Map.of(
            "change",
            waits.id(),
            "state",
            "waiting",
            "next",
            "Another person: postern admin change approve " + waits.id()));
  }

  static AdminProblem wrong(List<PolicyError> errors) {
    List<Map<String, Object>> listed = new ArrayList<>();
    for (PolicyError error : errors) {
      Map<String, Object> each = new LinkedHashMap<>();
      each.put("line", error.line());
      each.put("column", error.column());
      each.put("path", error.path());
      each.put("message", error.message());
      listed.add(each);
    }
    return new AdminProblem(
        Reply.problem(
            422,
            "policy-wrong",
            "The policy document has %d mistake%s"
                .formatted(errors.size(), errors.size() == 1 ? "" : "s"),
            "Nothing was applied. Mend them and apply again.",
            Map.of("errors", listed)));
  }
}
