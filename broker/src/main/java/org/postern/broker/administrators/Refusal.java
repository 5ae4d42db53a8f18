package org.postern.broker.administrators;

import java.time.Duration;
import java.util.Map;
import org.postern.broker.front.Reply;

/** A request that is not done, and what the person is told. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient Reply reply;

  private Refusal(Reply reply, String message) {
    super(message);
    this.reply = reply;
  }

  /** {@code title} says what went wrong, {@code detail} what to do next. */
  static Refusal of(int status, String code, String title, String detail) {
    return new Refusal(Reply.problem(status, code, title, detail), code);
  }

  static Refusal wait(Duration wait) {
    long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
    return new Refusal(
        Reply.problem(
                429,
                "wait",
                "Too many wrong attempts for this name from your network",
                "Wait %d seconds, or use a passkey, or a browser in which you signed in before."
                    .formatted(seconds),
                Map.of("retryAfter", seconds))
            .with("Retry-After", Long.toString(seconds)),
        "wait");
  }

  /** The same words whatever was wrong: name, password or code. */
  static Refusal wrongCredentials() {
    return of(
        401,
        "credentials-refused",
        "That did not work",
        "Name, password or code is wrong. A code works once; wait for the next one.");
  }

  static Refusal badPasskey() {
    return of(
        401,
        "passkey-refused",
        "This passkey was not accepted",
        "Try again, or use another passkey or your password.");
  }

  static Refusal expired() {
    return of(
        409, "expired", "This page is too old", "Load it again, and start from the beginning.");
  }

  static Refusal codeIsGone() {
    return of(
        403,
        "code-refused",
        "This one-time code is not valid",
        "It may be mistyped, used or expired. The first code is in"
            + " DATA_DIR/first-administrator.code on the broker's host; others come from an"
            + " administrator.");
  }

  static Refusal badRequest(String what) {
    return of(400, "bad-request", "The request cannot be used", what);
  }

  Reply reply() {
    return reply;
  }
}
