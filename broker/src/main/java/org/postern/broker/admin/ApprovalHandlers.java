package org.postern.broker.admin;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.jdbc.Approvals;

/**
 * Access for a time: who asks, who says yes, until when. An approver whose role is narrowed to
 * labels decides about applications that bear them, and no other.
 */
final class ApprovalHandlers {
  private static final int LISTED = 100_000;
  private static final long SECONDS_DEFAULT = 3_600;

  private final AdminParts parts;
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final PolicyEditor editor;

  ApprovalHandlers(AdminParts parts, PolicyEditor editor) {
    this.parts = parts;
    this.editor = editor;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listRequests", this::requests,
        "createRequest", this::create,
        "approveRequest", this::approve,
        "refuseRequest", this::refuse,
        "listApprovals", this::approvals,
        "revokeApproval", this::revoke);
  }

  private ChangeReview.Reach reach(AdminCall call) {
    return new ChangeReview.Reach(
        call.principal, ConfigTree.of(parts.policy().load()), editor.contract().kinds());
  }

  private static String user(IdentityState state, String id) {
    UserRecord user = state.users().get(id);
    return user == null ? id : user.email();
  }

  private Map<String, Object> line(Approvals.Request request, IdentityState state) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", request.id());
    line.put("state", request.state());
    line.put("user", user(state, request.userId()));
    line.put("userId", request.userId());
    line.put("application", request.application());
    line.put("target", request.target());
    line.put("reason", request.reason());
    line.put("seconds", request.seconds());
    line.put("createdAt", request.createdAt().toString());
    line.put("decidedBy", request.decidedBy());
    line.put("note", request.note());
    return line;
  }

  private Reply requests(AdminCall call) {
    IdentityState state = parts.snapshots().refresh().identities();
    ChangeReview.Reach reach = reach(call);
    return pages.lines(
        call,
        parts.approvals().requests(call.query("state"), LISTED).stream()
            .filter(request -> reach.holdsApplication(request.application()))
            .map(request -> line(request, state))
            .toList(),
        "id");
  }

  /** On behalf of a user, as a help desk does. */
  private Reply create(AdminCall call) {
    IdentityState state = parts.snapshots().refresh().identities();
    UserRecord user = AccessHandlers.userNamed(state, call.text("user"));
    String application = application(call, call.text("application"));
    Approvals.Asked asked =
        parts
            .approvals()
            .ask(
                new Approvals.Wish(
                    user.id(),
                    "",
                    application,
                    "",
                    call.text("reason"),
                    Duration.ofSeconds(call.body.path("seconds").asLong(SECONDS_DEFAULT))));
    if (!(asked instanceof Approvals.Asked.Waits(Approvals.Request request, boolean isNew))) {
      throw new AdminProblem(
          409,
          "too-many",
          "This person has %d requests waiting, or made %d within a day"
              .formatted(Approvals.WAITING_PER_PERSON_MAX, Approvals.ASKED_PER_DAY_MAX),
          "Decide about those first: postern admin approval requests");
    }
    call.now(
        request.id(),
        Map.of(
            "user", user.email(),
            "application", application,
            "reason", request.reason()));
    return Reply.json(201, line(request, state));
  }

  private String application(AdminCall call, String name) {
    boolean known =
        parts.snapshots().current().configuration().applications().stream()
            .anyMatch(application -> application.name().equals(name));
    if (!known || !reach(call).holdsApplication(name)) {
      throw AdminProblem.field("application", "there is no application " + AdminApi.shown(name));
    }
    return name;
  }

  private Approvals.Request found(AdminCall call) {
    ChangeReview.Reach reach = reach(call);
    return parts
        .approvals()
        .request(call.path("id"))
        .filter(request -> reach.holdsApplication(request.application()))
        .orElseThrow(() ->
            AdminProblem.notFound("request", call.path("id"), "postern admin approval requests"));
  }

  private Reply approve(AdminCall call) {
    Approvals.Request request = found(call);
    UserRecord asking = parts.snapshots().refresh().identities().users().get(request.userId());
    if (asking == null) {
      throw AdminProblem.forbidden("Whoever asked for this is not a user any more.");
    }
    if (call.principal.isUser(asking)) {
      throw AdminProblem.forbidden("Nobody approves his own request.");
    }
    Duration time = Duration.ofSeconds(call.body.path("seconds").asLong(request.seconds()));
    Optional<Approvals.Approval> approval =
        parts.approvals().approve(request.id(), call.principal.person(), time, call.text("note"));
    if (approval.isEmpty()) {
      throw over();
    }
    parts.snapshots().refresh();
    Approvals.Approval given = approval.get();
    call.changed(
        given.id(),
        Map.of("state", request.state(), "seconds", "" + request.seconds()),
        Map.of(
            "state", "approved",
            "requestId", request.id(),
            "note", call.text("note"),
            "userId", given.userId(),
            "application", given.application(),
            "reason", request.reason(),
            "until", given.until().toString()));
    return Reply.json(200, line(given));
  }

  private static AdminProblem over() {
    return new AdminProblem(
        409, "decided", "This request does not wait any more", "postern admin approval requests");
  }

  private Reply refuse(AdminCall call) {
    Approvals.Request request = found(call);
    if (!parts.approvals().refuse(request.id(), call.principal.person(), call.text("note"))) {
      throw over();
    }
    call.changed(
        request.id(),
        Map.of("state", request.state()),
        Map.of(
            "state", "refused",
            "userId", request.userId(),
            "application", request.application(),
            "note", call.text("note")));
    return Reply.json(200, Map.of("id", request.id(), "state", "refused"));
  }

  private static Map<String, Object> line(Approvals.Approval approval) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", approval.id());
    line.put("requestId", approval.requestId());
    line.put("userId", approval.userId());
    line.put("application", approval.application());
    line.put("approvedBy", approval.approvedBy());
    line.put("approvedAt", approval.approvedAt().toString());
    line.put("until", approval.until().toString());
    line.put("state", approval.endedAt() == null ? "live" : "ended");
    return line;
  }

  private Reply approvals(AdminCall call) {
    ChangeReview.Reach reach = reach(call);
    return pages.lines(
        call,
        parts.approvals().approvals(LISTED).stream()
            .filter(approval -> reach.holdsApplication(approval.application()))
            .map(ApprovalHandlers::line)
            .toList(),
        "id");
  }

  private Reply revoke(AdminCall call) {
    ChangeReview.Reach reach = reach(call);
    Approvals.Approval revoked =
        parts
            .approvals()
            .find(call.path("id"))
            .filter(approval -> reach.holdsApplication(approval.application()))
            .flatMap(approval -> parts.approvals().revoke(approval.id()))
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "live approval", call.path("id"), "postern admin approval list"));
    parts.snapshots().refresh();
    call.changed(
        revoked.id(),
        Map.of(
            "state", "live",
            "userId", revoked.userId(),
            "application", revoked.application(),
            "until", revoked.until().toString()),
        Map.of("state", "revoked"));
    return Reply.json(200, Map.of("id", call.path("id"), "state", "revoked"));
  }
}
