package org.postern.broker.admin;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.audit.AuditEntry;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditQuery;
import org.postern.policystore.audit.AuditVerdict;
import org.postern.policystore.audit.DecisionOverride;

/** The audit log: read it, and have its chain computed again. */
final class AuditHandlers {
  private final AdminParts parts;
  private final Pages pages;

  AuditHandlers(AdminParts parts, AdminLimits limits) {
    this.parts = parts;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of("listAudit", this::list, "verifyAudit", this::verify);
  }

  private Reply list(AdminCall call) {
    AuditQuery query =
        new AuditQuery(
            call.principal.isNarrowed()
                ? Optional.of(call.principal.actor().name())
                : call.query("actor"),
            call.query("action"),
            call.query("object_kind"),
            call.query("object_name"),
            call.query("since").map(Instant::parse),
            call.query("overrides").filter("1"::equals).isPresent(),
            pages.number(call),
            pages.limit(call));
    List<Map<String, Object>> items =
        parts.audit().list(query).stream()
            .map(entry -> line(entry, call.principal.isNarrowed()))
            .toList();
    return pages.newest(call, items, "seq");
  }

  /**
   * One entry.
   *
   * @param isNarrowed whether the reader's role is: what stood in his way may be another team's
   */
  private static Map<String, Object> line(AuditEntry entry, boolean isNarrowed) {
    AuditEvent event = entry.event();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("seq", entry.seq());
    line.put("at", entry.at().toString());
    line.put("actorKind", event.actor().kind().name().toLowerCase(Locale.ROOT));
    line.put("actorId", event.actor().id());
    line.put("actor", event.actor().name());
    line.put("action", event.action());
    line.put("objectKind", event.objectKind());
    line.put("objectName", event.objectName());
    line.put("override", DecisionOverride.of(event).map(DecisionOverride::word).orElse(""));
    line.put("outcome", event.outcome().name().toLowerCase(Locale.ROOT));
    line.put("before", event.before());
    line.put("after", event.after());
    boolean hidden = isNarrowed && event.outcome() == AuditEvent.Outcome.REFUSED;
    line.put("detail", hidden ? "" : event.detail());
    line.put("requestId", event.requestId());
    line.put("from", event.from());
    line.put("hash", entry.hash());
    return line;
  }

  private Reply verify(AdminCall call) {
    Map<String, Object> body = new LinkedHashMap<>();
    switch (parts.audit().verify(anchor(call))) {
      case AuditVerdict.Intact(long seq, String hash) -> {
        body.put("intact", true);
        body.put("seq", seq);
        body.put("hash", hash);
      }
      case AuditVerdict.Broken(long seq, String what) -> {
        body.put("intact", false);
        body.put("seq", seq);
        body.put("what", what);
      }
    }
    return Reply.json(200, body);
  }

  private static AuditVerdict.@Nullable Intact anchor(AdminCall call) {
    Optional<String> seq = call.query("seq");
    Optional<String> hash = call.query("hash");
    if (seq.isPresent() != hash.isPresent()) {
      throw AdminProblem.field("seq", "seq and hash belong together");
    }
    return seq.isPresent() && hash.isPresent()
        ? new AuditVerdict.Intact(Long.parseLong(seq.get()), hash.get())
        : null;
  }
}
