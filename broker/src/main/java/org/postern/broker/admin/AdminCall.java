package org.postern.broker.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.HttpsLimits;
import org.postern.policystore.audit.AuditEvent;

/** One request of an administrator, after it was let in and held to the contract. */
final class AdminCall {
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(HttpsLimits.DEFAULT.applyBytesMax())
                          .build())
                  .build())
          .enable(com.fasterxml.jackson.core.JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  final Head head;
  final Contract.Operation operation;
  final Principal principal;
  final byte[] raw;
  final JsonNode body;
  private final List<AuditEvent> events = new ArrayList<>();
  private Map<String, String> before = Map.of();
  private Map<String, String> after = new LinkedHashMap<>();
  private String object = "";
  private boolean audited;

  AdminCall(Head head, Contract.Operation operation, Principal principal, byte[] raw) {
    this.head = head;
    this.operation = operation;
    this.principal = principal;
    this.raw = raw;
    this.body = parse(raw);
    check();
  }

  private JsonNode parse(byte[] bytes) {
    boolean json =
        operation.bodySchema() != null
            || (operation.body() == Contract.BodySize.SMALL && !operation.kind().isEmpty());
    if (!json) {
      return MissingNode.getInstance();
    }
    try {
      JsonNode node = JSON.readTree(bytes);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (IOException e) {
      throw AdminProblem.field("", "the body is not JSON, or a field came twice");
    }
    throw AdminProblem.field("", "the body must be a JSON object");
  }

  private void check() {
    SchemaCheck check = new SchemaCheck();
    List<String> known = new ArrayList<>();
    for (Contract.Parameter parameter : operation.parameters()) {
      Optional<String> value =
          switch (parameter.in()) {
            case "path" -> head.pathParameter(parameter.name());
            case "header" -> head.header(parameter.name());
            default -> {
              known.add(parameter.name());
              yield Optional.ofNullable(head.query().get(parameter.name()));
            }
          };
      value.ifPresent(text -> check.parameter(parameter, text));
    }
    for (String name : head.query().keySet()) {
      if (!known.contains(name)) {
        check
            .errors()
            .add(
                new SchemaCheck.FieldError(
                    AdminApi.shown(name), "is no parameter here (known: " + known + ")"));
      }
    }
    JsonNode schema = operation.bodySchema();
    if (schema != null) {
      check.check(schema, body, "");
    }
    if (!check.errors().isEmpty()) {
      throw AdminProblem.fields(check.errors());
    }
  }

  String path(String name) {
    return head.pathParameter(name).orElse("");
  }

  Optional<String> query(String name) {
    return head.parameter(name);
  }

  boolean isDryRun() {
    return query("dry_run").filter("1"::equals).isPresent();
  }

  String text(String field) {
    return body.path(field).asText("");
  }

  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    body.path(field).forEach(each -> texts.add(each.asText()));
    return texts;
  }

  String document() {
    return new String(raw, StandardCharsets.UTF_8);
  }

  /** What the audit log shall say that is there now, and of which thing. */
  void now(String name, Map<String, String> fields) {
    object = name;
    after = new LinkedHashMap<>(fields);
  }

  /** What the audit log shall say that there was, that is there now, and of which thing. */
  void changed(String name, Map<String, String> old, Map<String, String> fields) {
    now(name, fields);
    before = Map.copyOf(old);
  }

  /** The audit log knows already, or nothing was changed. */
  void isAudited() {
    audited = true;
  }

  boolean audited() {
    return audited;
  }

  /** One more event. */
  void also(AuditEvent event) {
    events.add(event);
  }

  /** What was done, for the log; {@code action} is the operation. */
  List<AuditEvent> events() {
    List<AuditEvent> all = new ArrayList<>(events);
    all.add(event().changing(before, after));
    return all;
  }

  AuditEvent event() {
    String name = object.isEmpty() ? path("id") + path("name") + path("version") : object;
    String kind =
        operation.path().replaceFirst("^/admin/v1/(config/)?", "").replaceFirst("/.*", "");
    return AuditEvent.done(principal.actor(), operation.id(), singular(kind), name)
        .in(head.requestId(), head.from().getHostAddress());
  }

  private String singular(String word) {
    boolean plural = operation.kind().isEmpty() && word.endsWith("s") && !word.endsWith("ss");
    return plural ? word.substring(0, word.length() - 1) : word;
  }
}
