package org.postern.broker.admin;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.RiskLevel;
import org.postern.policystore.RiskRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.jdbc.Risks;

/**
 * How risky users and devices are held to be. What was changed is in force when the answer is
 * there.
 */
final class RiskHandlers {
  private final AdminParts parts;
  private final Pages pages;

  RiskHandlers(AdminParts parts, AdminLimits limits) {
    this.parts = parts;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of("listRisks", this::list, "setRisk", this::set, "clearRisk", this::clear);
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A level for a list; empty: nobody said one. */
  static String shown(@Nullable RiskLevel level) {
    return level == null ? "" : word(level);
  }

  private static Map<String, Object> line(RiskRecord risk, IdentityState state) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("id", risk.id());
    line.put("kind", word(risk.subject().kind()));
    line.put("of", risk.subject().id());
    UserRecord user = state.users().get(risk.subject().id());
    line.put("user", user == null ? "" : user.email());
    line.put("level", word(risk.level()));
    line.put("source", risk.source());
    line.put("reason", risk.reason());
    line.put("setBy", risk.setBy());
    line.put("since", risk.happenedAt().toString());
    line.put("expires", risk.expiresAt() == null ? "" : risk.expiresAt().toString());
    return line;
  }

  private Reply list(AdminCall call) {
    IdentityState state = parts.snapshots().refresh().identities();
    return pages.sorted(call, parts.risks().list(), RiskRecord::id, risk -> line(risk, state));
  }

  private Reply set(AdminCall call) {
    IdentityState state = parts.snapshots().refresh().identities();
    Instant now = parts.clock().instant();
    long seconds = call.body.path("seconds").asLong(0);
    RiskRecord.Subject subject = subject(call, state);
    Map<String, String> before =
        parts.risks().list().stream()
            .filter(each -> each.subject().equals(subject))
            .filter(each -> each.source().equals(RiskRecord.ADMINISTRATOR))
            .findFirst()
            .map(RiskHandlers::fields)
            .orElse(Map.of());
    RiskRecord risk =
        parts
            .risks()
            .set(
                new Risks.Said(
                    subject,
                    RiskLevel.valueOf(call.text("level").toUpperCase(Locale.ROOT)),
                    call.text("reason"),
                    call.principal.person(),
                    seconds == 0 ? null : now.plusSeconds(seconds)));
    parts.snapshots().refresh();
    call.changed(risk.id(), before, fields(risk));
    return Reply.json(200, line(risk, state));
  }

  /** For the audit log. */
  private static Map<String, String> fields(RiskRecord risk) {
    return Map.of(
        risk.subject().kind() == RiskRecord.Kind.USER ? "userId" : "deviceId",
        risk.subject().id(),
        "level",
        word(risk.level()),
        "reason",
        risk.reason(),
        "expires",
        risk.expiresAt() == null ? "" : risk.expiresAt().toString());
  }

  private static RiskRecord.Subject subject(AdminCall call, IdentityState state) {
    String user = call.text("user");
    String device = call.text("device");
    if (user.isEmpty() == device.isEmpty()) {
      throw AdminProblem.field("user", "expected: a user or a device, and not both");
    }
    if (!device.isEmpty()) {
      if (!state.devices().containsKey(device)) {
        throw AdminProblem.field("device", "there is no device " + AdminApi.shown(device));
      }
      return new RiskRecord.Subject(RiskRecord.Kind.DEVICE, device);
    }
    List<UserRecord> users =
        state.users().values().stream()
            .filter(each -> each.id().equals(user) || each.email().equals(user))
            .toList();
    if (users.size() != 1) {
      throw AdminProblem.field(
          "user", "names %d users (expected: one; give the id)".formatted(users.size()));
    }
    return new RiskRecord.Subject(RiskRecord.Kind.USER, users.getFirst().id());
  }

  private Reply clear(AdminCall call) {
    String id = call.path("id");
    RiskRecord before =
        parts
            .risks()
            .clear(id)
            .orElseThrow(() -> AdminProblem.notFound("risk level", id, "postern admin risk list"));
    parts.snapshots().refresh();
    call.changed(id, fields(before), Map.of("state", "cleared"));
    return Reply.json(200, Map.of("id", id, "state", "cleared"));
  }
}
