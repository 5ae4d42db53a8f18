package org.postern.broker.administrators;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.policystore.jdbc.AdministratorSessions;
import org.postern.policystore.jdbc.Administrators.Administrator;

/**
 * Sessions of browsers: cookies that only this host's HTTPS gets back, a token against requests
 * that other pages make, and a mark by which the browser is known again after the session.
 */
final class BrowserSessions {
  static final String COOKIE = "__Host-postern-admin";
  static final String DEVICE_COOKIE = "__Host-postern-admin-device";
  static final String CSRF_HEADER = "x-postern-csrf";
  private static final int SECRET_MAX = 128;
  private static final Duration DEVICE_AGE = Duration.ofDays(365);

  private final AdministratorSessions sessions;
  private final AdministratorLimits limits;
  private final InstantSource clock;

  BrowserSessions(AdministratorSessions sessions, AdministratorLimits limits, InstantSource clock) {
    this.sessions = sessions;
    this.limits = limits;
    this.clock = clock;
  }

  private static Optional<String> secret(Head head, String cookie) {
    return head.cookie(cookie).filter(value -> !value.isEmpty() && value.length() <= SECRET_MAX);
  }

  /** Whose browser this is. */
  Optional<AdministratorSessions.Live> who(Head head) {
    return secret(head, COOKIE).flatMap(sessions::touch);
  }

  /** Why this browser is signed out, to be read behind "You were signed out:"; if it is known. */
  Optional<String> ended(Head head) {
    return secret(head, COOKIE).flatMap(sessions::ended);
  }

  /** Whose browser this is, for a request that changes something: no other page made it. */
  AdministratorSessions.Live require(Head head) throws Refusal {
    AdministratorSessions.Live live =
        who(head)
            .orElseThrow(() ->
                Refusal.of(
                    401,
                    "signed-out",
                    ended(head)
                        .map(why -> "You were signed out: " + why)
                        .orElse("You are not signed in"),
                    "Sign in, then do it again."));
    String given = head.header(CSRF_HEADER).orElse("");
    if (!MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), csrf(head).getBytes(StandardCharsets.UTF_8))) {
      throw Refusal.of(
          403, "cross-site", "The request came from another page", "Load this page again.");
    }
    return live;
  }

  /**
   * The same for credentials: of an account that has any here, and soon after signing in, since
   * they are not changed at a screen left open.
   */
  AdministratorSessions.Live requireFresh(Head head) throws Refusal {
    AdministratorSessions.Live live = require(head);
    if (!live.administrator().isLocal()) {
      throw Refusal.of(
          403,
          "provider-account",
          "You sign in through " + live.administrator().provider(),
          "Such an account has no passkey, password or recovery code of its own here.");
    }
    if (live.createdAt().plus(limits.fresh()).isBefore(clock.instant())) {
      throw Refusal.of(
          403,
          "not-fresh",
          "You signed in a while ago",
          "Sign out and in again; then you have %d minutes to change how you sign in."
              .formatted(limits.fresh().toMinutes()));
    }
    return live;
  }

  /** What the page sends back with every change; says nothing of the cookie that it is made of. */
  static String csrf(Head head) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(("csrf " + secret(head, COOKIE).orElse("")).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Signs a browser in. */
  Reply open(Ask ask, Administrator who, String method, Map<String, ?> more) throws Refusal {
    AdministratorSessions.Opened opened =
        sessions
            .open(
                new AdministratorSessions.Opening(
                    who,
                    method,
                    ask.address(),
                    ask.agent(),
                    limits.sessionAge(),
                    AdministratorSessions.Origin.LOCAL))
            .orElseThrow(Refusal::wrongCredentials);
    Map<String, Object> body = new LinkedHashMap<>(more);
    body.put("name", who.name());
    body.put("role", who.role());
    return signedIn(Reply.json(200, body), opened, limits.sessionAge());
  }

  /** The answer with which a browser gets its session. */
  static Reply signedIn(Reply reply, AdministratorSessions.Opened opened, Duration age) {
    return reply.withCookie(cookie(COOKIE, opened.secret(), age));
  }

  /** Signs it out. */
  static Reply forget(Reply reply) {
    return reply.withCookie(cookie(COOKIE, "", Duration.ZERO));
  }

  /** The mark of a browser in which somebody signed in before, or nothing. */
  static String mark(Head head) {
    return secret(head, DEVICE_COOKIE).orElse("");
  }

  static Reply withMark(Reply reply, String mark) {
    return reply.withCookie(cookie(DEVICE_COOKIE, mark, DEVICE_AGE));
  }

  private static String cookie(String name, String value, Duration age) {
    return "%s=%s; Max-Age=%d; Path=/; Secure; HttpOnly; SameSite=Strict"
        .formatted(name, value, age.toSeconds());
  }
}
