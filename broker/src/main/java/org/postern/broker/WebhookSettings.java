package org.postern.broker;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.postern.broker.bootstrap.FoundationSettings;
import org.postern.broker.bootstrap.StartException;
import org.postern.broker.front.WebLoops;
import org.postern.broker.signin.Outbound;
import org.postern.broker.signin.OutboundHttp;
import org.postern.broker.signin.SignInLimits;

/**
 * Who is told of requests for access.
 *
 * @param url asked with POST
 * @param secret signs what is sent; at least 32 characters
 * @param timeout from the name lookup to the last byte of the answer
 * @param privateAllowed it may have a private address, and there be asked without TLS
 */
public record WebhookSettings(URI url, String secret, Duration timeout, boolean privateAllowed) {
  private static final String SECRET_VARIABLE = "POSTERN_APPROVAL_WEBHOOK_SECRET";

  /** As an operator says it, the secret in the environment or in a file that it names. */
  static WebhookSettings of(
      URI url, Duration timeout, boolean privateAllowed, FoundationSettings foundation)
      throws StartException {
    WebhookLimits limits = WebhookLimits.DEFAULT;
    if (url.getHost() == null
        || url.getUserInfo() != null
        || !("https".equals(url.getScheme())
            || (privateAllowed && "http".equals(url.getScheme())))) {
      throw new StartException(
          "--approval-webhook %s cannot be asked (expected: https://HOST/PATH; http only with"
                  .formatted(url)
              + " --allow-private-webhook)");
    }
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(limits.timeoutMax()) > 0) {
      throw new StartException(
          "--approval-webhook-timeout %d (expected: 1 to %d)"
              .formatted(timeout.toSeconds(), limits.timeoutMax().toSeconds()));
    }
    String secret = foundation.secret(SECRET_VARIABLE).orElse("");
    if (secret.length() < limits.secretMin()) {
      throw new StartException(
          "%s is not set or too short (expected: at least %d random characters, there or in a file"
                  .formatted(SECRET_VARIABLE, limits.secretMin())
              + " that "
              + SECRET_VARIABLE
              + "_FILE names)");
    }
    return new WebhookSettings(url, secret, timeout, privateAllowed);
  }

  /** The guarded way out, with this webhook's limits. */
  Outbound outbound(WebLoops web, Optional<String> trustPem) {
    return new OutboundHttp(
        web.vertx(),
        SignInLimits.DEFAULT.fetching(WebhookLimits.DEFAULT.answerBytesMax(), timeout),
        trustPem);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "WebhookSettings[" + url.getHost() + "]";
  }
}
