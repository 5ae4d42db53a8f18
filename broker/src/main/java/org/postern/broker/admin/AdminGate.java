package org.postern.broker.admin;

import java.util.Optional;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.jdbc.AdminTokens;

/** Lets requests with a live admin token pass, before their body is read. */
final class AdminGate implements Route.Gate {
  private static final String SCHEME = "Bearer ";
  private static final int TOKEN_MAX = 256;

  private final AdminTokens tokens;
  private final AddressRate failures;

  /**
   * A gate.
   *
   * @param failures how often one address may show a wrong token
   */
  AdminGate(AdminTokens tokens, AddressRate failures) {
    this.tokens = tokens;
    this.failures = failures;
  }

  @Override
  public Optional<Reply> refuse(Head head) {
    if (who(head).isPresent()) {
      return Optional.empty();
    }
    if (!failures.tryTake(head.from())) {
      return Optional.of(
          Reply.problem(
                  429, "rate-limited", "Too many wrong tokens from your address", "Wait a minute.")
              .with("Retry-After", "60"));
    }
    return Optional.of(
        Reply.problem(
                401,
                "token-refused",
                "The admin token is missing, wrong or expired",
                "Send Authorization: Bearer TOKEN; the first token is in DATA_DIR/admin.token on"
                    + " the broker's host.")
            .with("WWW-Authenticate", "Bearer realm=\"postern\""));
  }

  /** Whose token the request shows. */
  Optional<AdminTokens.Verified> who(Head head) {
    return head.header("authorization")
        .filter(value -> value.startsWith(SCHEME) && value.length() <= TOKEN_MAX)
        .flatMap(value -> tokens.verify(value.substring(SCHEME.length())));
  }
}
