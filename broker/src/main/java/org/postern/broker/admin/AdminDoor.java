package org.postern.broker.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.HttpsLimits;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.AdminTokens;
import org.postern.policystore.jdbc.ApiClients;
import org.postern.policystore.jdbc.IdempotentReplies;
import org.postern.policystore.jdbc.IdempotentReplies.Known;

/**
 * The one place where a request of an administrator is recognized, held to its rate, its permission
 * and the contract, and written into the audit log. Blocking; safe on any thread.
 */
final class AdminDoor {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCHEME = "Bearer ";
  private static final String CLIENT_TOKEN = "postern_ct_";
  private static final int TOKEN_MAX = 256;
  private static final int KEY_MAX = 128;

  private final AdminParts parts;
  private final Roles roles;
  private final AddressRate failures;
  private final CallerRate rate;

  /** Answers one operation. */
  @FunctionalInterface
  interface Handler {
    /** The answer; an {@link AdminProblem} is one too. */
    Reply answer(AdminCall call) throws Exception;
  }

  AdminDoor(AdminParts parts, Roles roles, AdminLimits limits, LongSupplier nanoTime) {
    this.parts = parts;
    this.roles = roles;
    this.failures =
        new AddressRate(
            limits.wrongTokensPerMinute(),
            limits.wrongTokensPerMinute(),
            limits.addressesTracked(),
            nanoTime);
    this.rate = new CallerRate(limits, nanoTime);
  }

  Route route(Contract.Operation operation, Handler handler, HttpsLimits limits) {
    int most =
        switch (operation.body()) {
          case NONE -> 0;
          case SMALL -> limits.bodyBytesMax();
          case DOCUMENT -> limits.applyBytesMax();
        };
    return new Route(
        operation.method(),
        operation.path().replaceAll("\\{([a-z]+)}", ":$1"),
        most,
        head -> refusal(operation, head),
        (head, body) -> answer(operation, handler, head, body));
  }

  /** Lets pass who has a permission: for routes of other rooms. */
  Route.Gate gate(String permission) {
    Contract.Operation operation =
        new Contract.Operation(
            permission,
            permission,
            "",
            "",
            permission,
            Contract.BodySize.NONE,
            "",
            java.util.List.of(),
            null,
            false,
            false);
    return head -> refusal(operation, head);
  }

  /** Who makes a request that the gate has let pass. */
  Actor actor(Head head) {
    return who(head).map(Principal::actor).orElse(Actor.STRANGER);
  }

  private Optional<Reply> refusal(Contract.Operation operation, Head head) {
    if (operation.permission().equals("public")) {
      return Optional.empty();
    }
    Optional<Principal> known = who(head);
    if (known.isEmpty()) {
      return Optional.of(stranger(operation, head));
    }
    Principal principal = known.get();
    int seconds = rate.secondsToWait(principal.key());
    if (seconds > 0) {
      return Optional.of(tooMany(seconds, "Too many requests of " + principal.actor().name()));
    }
    if (!operation.permission().equals("self") && !principal.may(operation.permission())) {
      refused(operation, principal, head);
      return Optional.of(
          AdminProblem.forbidden(
                  "This needs %s; the role %s does not have it."
                      .formatted(operation.permission(), principal.role().name()))
              .reply());
    }
    if (principal.isNarrowed() && !operation.readsOnly() && !operation.byLabel()) {
      refused(operation, principal, head);
      return Optional.of(
          AdminProblem.forbidden(
                  "The role %s reaches only what bears %s, and this bears no labels."
                      .formatted(
                          principal.role().name(), String.join(", ", principal.role().labels())))
              .reply());
    }
    return Optional.empty();
  }

  static Reply tooMany(int seconds, String title) {
    return Reply.problem(429, "rate-limited", title, "Wait %d s.".formatted(seconds))
        .with("Retry-After", Integer.toString(seconds));
  }

  private Reply stranger(Contract.Operation operation, Head head) {
    if (!failures.tryTake(head.from())) {
      return tooMany(60, "Too many wrong tokens from your address");
    }
    if (head.header("authorization").isPresent()) {
      parts
          .strangers()
          .record(
              AuditEvent.done(Actor.STRANGER, "admin.sign-in", "permission", operation.permission())
                  .failed("the token is wrong, expired or revoked")
                  .in(head.requestId(), head.from().getHostAddress()));
    }
    return Reply.problem(
            401,
            "token-refused",
            "The admin token is missing, wrong or expired",
            "Send Authorization: Bearer TOKEN; the first token is in DATA_DIR/admin.token on"
                + " the broker's host.")
        .with("WWW-Authenticate", "Bearer realm=\"postern\"");
  }

  /** Whose token the request shows. */
  private Optional<Principal> who(Head head) {
    Optional<String> token =
        head.header("authorization")
            .filter(value -> value.startsWith(SCHEME) && value.length() <= TOKEN_MAX)
            .map(value -> value.substring(SCHEME.length()));
    if (token.isEmpty()) {
      return Optional.empty();
    }
    return token.get().startsWith(CLIENT_TOKEN)
        ? parts.administrators().clients().verify(token.get()).map(this::client)
        : parts.administrators().tokens().verify(token.get()).map(this::administrator);
  }

  private Principal administrator(AdminTokens.Verified token) {
    return new Principal(
        new Actor(Actor.Kind.ADMINISTRATOR, token.id(), token.name()),
        roles.orNothing(token.role()),
        java.util.List.of(),
        token.userId());
  }

  private Principal client(ApiClients.Verified client) {
    return new Principal(
        new Actor(Actor.Kind.API_CLIENT, client.id(), client.name()),
        roles.orNothing(client.role()),
        client.scopes());
  }

  private static Principal nobody() {
    return new Principal(
        Actor.STRANGER,
        new org.postern.policystore.jdbc.AdminRoles.Role(
            "", "", java.util.List.of(), java.util.List.of()),
        java.util.List.of());
  }

  private Reply answer(Contract.Operation operation, Handler handler, Head head, byte[] body)
      throws Exception {
    try {
      boolean open = operation.permission().equals("public");
      // Asked again: the token may have been revoked while the body came.
      Principal principal =
          open
              ? nobody()
              : who(head).orElseThrow(() -> new AdminProblem(stranger(operation, head)));
      AdminCall call = new AdminCall(head, operation, principal, body);
      Optional<String> key = head.header("idempotency-key");
      if (key.isEmpty() || !operation.method().equals("POST") || open) {
        return answered(call, handler);
      }
      return once(call, handler, key.get());
    } catch (AdminProblem e) {
      if (e.reply().status() == 403) {
        who(head).ifPresent(principal -> refused(operation, principal, head));
      }
      return e.reply();
    }
  }

  private void refused(Contract.Operation operation, Principal principal, Head head) {
    parts
        .audit()
        .record(
            AuditEvent.done(principal.actor(), operation.id(), "permission", operation.permission())
                .refused(operation.method() + " " + AdminApi.shown(head.path()))
                .in(head.requestId(), head.from().getHostAddress()));
  }

  private Reply answered(AdminCall call, Handler handler) throws Exception {
    Reply reply = handler.answer(call);
    if (!call.operation.readsOnly()
        && !call.operation.permission().equals("public")
        && !call.audited()
        && reply.status() < 300) {
      parts.audit().recordAll(call.events());
    }
    return reply;
  }

  /** With an idempotency key: done once, answered as often as it is asked. */
  private Reply once(AdminCall call, Handler handler, String key) throws Exception {
    if (!key.matches("[!-~]{1," + KEY_MAX + "}")) {
      throw AdminProblem.field("Idempotency-Key", "expected: 1 to 128 visible ASCII characters");
    }
    IdempotentReplies replies = parts.administrators().replies();
    String caller = call.principal.key();
    String request =
        call.head.method()
            + " "
            + call.head.path()
            + " "
            + new java.util.TreeMap<>(call.head.query())
            + "\n"
            + HexFormat.of().formatHex(call.raw);
    return switch (replies.begin(caller, key, request)) {
      case Known.Answered(String reply) -> read(reply);
      case Known.Other other ->
          throw new AdminProblem(
              422,
              "idempotency-key-reused",
              "This Idempotency-Key was used for another request",
              "Use a new key for each thing to be done.");
      case Known.Running running ->
          throw new AdminProblem(
              Reply.problem(
                      409,
                      "still-running",
                      "The request with this Idempotency-Key is still being done",
                      "Ask again in a second.")
                  .with("Retry-After", "1"));
      case Known.Fresh fresh -> {
        boolean kept = false;
        try {
          Reply reply = answered(call, handler);
          if (reply.status() < 300) {
            replies.finish(caller, key, write(reply));
            kept = true;
          }
          yield reply;
        } finally {
          if (!kept) {
            replies.abandon(caller, key);
          }
        }
      }
    };
  }

  private static String write(Reply reply) {
    ObjectNode node = JSON.createObjectNode();
    node.put("status", reply.status()).put("type", reply.contentType()).put("body", reply.body());
    ObjectNode headers = node.putObject("headers");
    reply.headers().forEach(headers::put);
    return node.toString();
  }

  private static Reply read(String text) throws JsonProcessingException {
    JsonNode node = JSON.readTree(text);
    Map<String, String> headers = new HashMap<>();
    node.path("headers").properties().forEach(e -> headers.put(e.getKey(), e.getValue().asText()));
    headers.put("Idempotency-Replayed", "true");
    return new Reply(
        node.path("status").asInt(),
        node.path("type").asText(),
        node.path("body").asText(),
        headers);
  }
}
