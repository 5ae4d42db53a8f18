package org.postern.broker.signals;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.postern.broker.front.AddressRate;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.SignalStream;
import org.postern.policystore.jdbc.SignalStreams;

/**
 * Lets a transmitter pass that shows the token of the stream whose path it uses, before the body is
 * read. An unknown stream, one that is polled, one whose provider is gone, and another stream's
 * token look like a wrong token.
 */
final class SignalGate implements Route.Gate {
  private static final String SCHEME = "bearer ";
  private static final int HEADER_MAX = 256;

  private final SignalStreams streams;
  private final Supplier<List<IdentityProvider>> providers;
  private final AddressRate pushes;
  private final AddressRate failures;

  SignalGate(
      SignalStreams streams,
      Supplier<List<IdentityProvider>> providers,
      AddressRate pushes,
      AddressRate failures) {
    this.streams = streams;
    this.providers = providers;
    this.pushes = pushes;
    this.failures = failures;
  }

  /** The stream of a request that is let in. */
  Optional<SignalStream> stream(Head head) {
    String header = head.header("authorization").orElse("");
    if (header.length() > HEADER_MAX
        || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Optional.empty();
    }
    return streams
        .pushed(head.pathParameter("stream").orElse(""), header.substring(SCHEME.length()).strip())
        .filter(stream ->
            providers.get().stream().anyMatch(each -> each.name().equals(stream.provider())));
  }

  @Override
  public Optional<Reply> refuse(Head head) {
    if (stream(head).isPresent()) {
      return pushes.tryTake(head.from()) ? Optional.empty() : Optional.of(tooMany());
    }
    if (!failures.tryTake(head.from())) {
      return Optional.of(tooMany());
    }
    return Optional.of(
        SignalDoor.refusal(
                "authentication_failed",
                "the bearer token is missing, wrong or another stream's; make one: postern admin"
                    + " signals token STREAM")
            .with("WWW-Authenticate", "Bearer realm=\"postern signals\""));
  }

  private static Reply tooMany() {
    return Reply.problem(429, "rate-limited", "Too many requests", "Wait a minute, then try again.")
        .with("Retry-After", "60");
  }
}
