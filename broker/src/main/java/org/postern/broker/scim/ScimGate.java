package org.postern.broker.scim;

import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.jdbc.ScimTokens;

/**
 * Lets requests pass that show a live token of the provider whose path they use, before their body
 * is read. A provider that is not configured, and a token of another one, look like a wrong token.
 */
final class ScimGate implements Route.Gate {
  private static final String SCHEME = "bearer ";
  private static final int HEADER_MAX = 256;

  private final ScimTokens tokens;
  private final Supplier<Set<String>> providers;
  private final AddressRate failures;

  ScimGate(ScimTokens tokens, Supplier<Set<String>> providers, AddressRate failures) {
    this.tokens = tokens;
    this.providers = providers;
    this.failures = failures;
  }

  @Override
  public Optional<Reply> refuse(Head head) {
    String provider = head.pathParameter("provider").orElse("");
    String header = head.header("authorization").orElse("");
    boolean good =
        header.length() <= HEADER_MAX
            && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
            && providers.get().contains(provider)
            && tokens.verify(provider, header.substring(SCHEME.length()).strip());
    if (good) {
      return Optional.empty();
    }
    if (!failures.tryTake(head.from())) {
      ScimRefusal refusal =
          new ScimRefusal(429, null, "too many wrong tokens from your address; wait a minute");
      return Optional.of(ScimJson.reply(429, ScimJson.error(refusal)).with("Retry-After", "60"));
    }
    ScimRefusal refusal =
        new ScimRefusal(
            401,
            null,
            "the token is missing, wrong, expired or another provider's; make one:"
                + " postern admin scim token create PROVIDER");
    return Optional.of(
        ScimJson.reply(401, ScimJson.error(refusal))
            .with("WWW-Authenticate", "Bearer realm=\"postern scim\""));
  }
}
