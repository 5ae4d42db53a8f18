package org.postern.broker.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Reply;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.ApiClients;

/**
 * Access tokens for API clients: OAuth 2.0 client credentials (RFC 6749 4.4), by HTTP Basic or in
 * the body. A scope is a permission, {@code resource:verb}, and narrows what the client's role may
 * do. Tokens are opaque, live an hour at most and never longer than their client.
 */
final class TokenEndpoint {
  private static final int PARAMETERS_MAX = 16;
  private static final int SECRET_MAX = 256;
  private static final int SCOPES_MAX = 64;
  private static final String BASIC = "Basic ";

  private final AdminParts parts;
  private final Roles roles;
  private final AdminLimits limits;
  private final AddressRate failures;

  private record Credentials(String id, String secret) {}

  TokenEndpoint(AdminParts parts, Roles roles, AdminLimits limits, LongSupplier nanoTime) {
    this.parts = parts;
    this.roles = roles;
    this.limits = limits;
    this.failures =
        new AddressRate(
            limits.wrongTokensPerMinute(),
            limits.wrongTokensPerMinute(),
            limits.addressesTracked(),
            nanoTime);
  }

  Map<String, Handler> handlers() {
    return Map.of("issueToken", this::issue);
  }

  private Reply issue(AdminCall call) {
    Map<String, String> form = form(call.document());
    if (!"client_credentials".equals(form.get("grant_type"))) {
      return fault(400, "unsupported_grant_type", "grant_type must be client_credentials");
    }
    Optional<Credentials> shown = credentials(call, form);
    Optional<ApiClients.Listed> client =
        shown.flatMap(c -> parts.administrators().clients().authenticate(c.id(), c.secret()));
    return client.isPresent() ? granted(call, client.get(), form) : stranger(call, shown);
  }

  private Reply stranger(AdminCall call, Optional<Credentials> shown) {
    if (!failures.tryTake(call.head.from())) {
      return AdminDoor.tooMany(60, "Too many wrong secrets from your address");
    }
    parts
        .strangers()
        .record(
            AuditEvent.done(
                    Actor.STRANGER,
                    "api-client.sign-in",
                    "api-client",
                    shown.map(Credentials::id).orElse(""))
                .failed("unknown client, wrong secret, expired or revoked")
                .in(call.head.requestId(), call.head.from().getHostAddress()));
    return fault(401, "invalid_client", "the client is unknown, or its secret is wrong or over")
        .with("WWW-Authenticate", "Basic realm=\"postern\"");
  }

  private Reply granted(AdminCall call, ApiClients.Listed client, Map<String, String> form) {
    Actor actor = new Actor(Actor.Kind.API_CLIENT, client.id(), client.name());
    String asked = form.getOrDefault("scope", "").strip();
    List<String> scopes = asked.isEmpty() ? List.of() : List.of(asked.split(" +"));
    Principal role = new Principal(actor, roles.orNothing(client.role()), List.of());
    boolean wellFormed =
        scopes.size() <= SCOPES_MAX
            && scopes.stream().allMatch(s -> s.matches("([a-z-]+|[*]):([a-z]+|[*])"));
    if (!wellFormed || !scopes.stream().allMatch(role::may)) {
      return fault(400, "invalid_scope", "a scope is unknown, or is more than the client may do");
    }
    Instant now = parts.clock().instant();
    Instant latest = now.plus(limits.accessToken());
    Instant expires = client.expiresAt().isBefore(latest) ? client.expiresAt() : latest;
    String token = parts.administrators().clients().issue(client.id(), scopes, expires);
    parts
        .audit()
        .record(
            AuditEvent.done(actor, "api-client.sign-in", "api-client", client.id())
                .changing(Map.of(), Map.of("scopes", asked))
                .in(call.head.requestId(), call.head.from().getHostAddress()));
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("access_token", token);
    body.put("token_type", "Bearer");
    body.put("expires_in", java.time.Duration.between(now, expires).toSeconds());
    body.put("scope", asked.isEmpty() ? String.join(" ", role.role().permissions()) : asked);
    return Reply.json(200, body);
  }

  private static Reply fault(int status, String error, String description) {
    return Reply.json(status, Map.of("error", error, "error_description", description));
  }

  /** By HTTP Basic (each part form-encoded, RFC 6749 2.3.1) or in the body, but not both. */
  private static Optional<Credentials> credentials(AdminCall call, Map<String, String> form) {
    Optional<String> basic =
        call.head
            .header("authorization")
            .filter(value -> value.startsWith(BASIC) && value.length() <= 2 * SECRET_MAX);
    boolean inBody = form.containsKey("client_secret");
    if (basic.isPresent() == inBody) {
      return Optional.empty();
    }
    if (inBody) {
      return Optional.of(
          new Credentials(
              form.getOrDefault("client_id", ""), form.getOrDefault("client_secret", "")));
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(basic.get().substring(BASIC.length())),
              StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon < 0
          ? Optional.empty()
          : Optional.of(
              new Credentials(decode(pair.substring(0, colon)), decode(pair.substring(colon + 1))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Map<String, String> form(String body) {
    Map<String, String> form = new HashMap<>();
    String[] pairs = body.split("&", PARAMETERS_MAX + 1);
    for (int i = 0; i < Math.min(pairs.length, PARAMETERS_MAX); i++) {
      int equal = pairs[i].indexOf('=');
      try {
        if (equal > 0
            && form.put(decode(pairs[i].substring(0, equal)), decode(pairs[i].substring(equal + 1)))
                != null) {
          return Map.of();
        }
      } catch (IllegalArgumentException e) {
        return Map.of();
      }
    }
    return form;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8).replace("\0", "");
  }
}
