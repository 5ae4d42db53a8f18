package org.postern.broker.admin;

import java.util.List;
import java.util.Map;
import org.postern.broker.front.Reply;

/** A refusal, thrown where it is noticed and answered in one place. */
final class AdminProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Reply reply;

  AdminProblem(Reply reply) {
    super(reply.toString(), null, false, false);
    this.reply = reply;
  }

  AdminProblem(int status, String code, String title, String detail) {
    this(Reply.problem(status, code, title, detail));
  }

  Reply reply() {
    return reply;
  }

  static AdminProblem notFound(String what, String name, String next) {
    return new AdminProblem(
        404, "not-found", "There is no %s %s".formatted(what, AdminApi.shown(name)), next);
  }

  static AdminProblem fields(List<SchemaCheck.FieldError> errors) {
    return new AdminProblem(
        Reply.problem(
            400,
            "bad-request",
            "The request cannot be used: %d field%s wrong"
                .formatted(errors.size(), errors.size() == 1 ? " is" : "s are"),
            errors.getFirst().path() + ": " + errors.getFirst().message(),
            Map.of(
                "errors",
                errors.stream()
                    .limit(100)
                    .map(error -> Map.of("path", error.path(), "message", error.message()))
                    .toList())));
  }

  static AdminProblem field(String path, String message) {
    return fields(List.of(new SchemaCheck.FieldError(path, message)));
  }

  static AdminProblem forbidden(String detail) {
    return new AdminProblem(403, "forbidden", "Your role does not reach so far", detail);
  }

  static AdminProblem changed() {
    return new AdminProblem(
        412,
        "changed-meanwhile",
        "Somebody else changed it meanwhile",
        "Read it again, then decide: what you saw is no longer what is there.");
  }
}
