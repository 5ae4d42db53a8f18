package org.postern.broker.signals;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.broker.signin.SignIn;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.oidc.EventTokens;
import org.postern.policystore.SignalEffect;
import org.postern.policystore.SignalStream;
import org.postern.policystore.audit.Actor;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.jdbc.SignalEvents;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one token of a stream, however it came: judge, understand, do. Blocking; any thread. */
final class SignalReceiver {
  private static final Logger LOG = LoggerFactory.getLogger(SignalReceiver.class);

  /** Where a token came from: a request of the transmitter's, or an answer to ours. */
  record Way(String requestId, String from) {
    static final Way POLLED = new Way("", "");
  }

  private final SignalStores stores;
  private final EventTokens tokens;
  private final Subjects subjects;
  private final Meaning meaning;
  private final Set<String> privateIssuers;

  SignalReceiver(
      SignalStores stores,
      EventTokens tokens,
      Subjects subjects,
      Meaning meaning,
      Set<String> privateIssuers) {
    this.stores = stores;
    this.tokens = tokens;
    this.subjects = subjects;
    this.meaning = meaning;
    this.privateIssuers = Set.copyOf(privateIssuers);
  }

  /** Whose tokens are believed on a stream. */
  EventTokens.Transmitter transmitter(SignalStream stream) {
    return new EventTokens.Transmitter(
        stream.issuer(),
        stream.audience(),
        stream.keysUrl(),
        isPrivateAllowed(stream.issuer(), stream.keysUrl()));
  }

  /**
   * Whether the operator has said that this address may be private: by its own name, or as a part
   * of the issuer that it is about. Another host of the private network is not meant by that.
   */
  boolean isPrivateAllowed(String issuer, String url) {
    if (privateIssuers.contains(url)) {
      return true;
    }
    try {
      URI allowed = URI.create(issuer);
      URI asked = URI.create(url);
      return privateIssuers.contains(issuer)
          && String.valueOf(allowed.getScheme()).equals(asked.getScheme())
          && String.valueOf(allowed.getAuthority()).equals(asked.getAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  EventTokens tokens() {
    return tokens;
  }

  /**
   * Takes a token.
   *
   * @return its id
   */
  String receive(SignalStream stream, String token, Way way) throws SignInException {
    EventTokens.Event event;
    try {
      event = tokens.check(transmitter(stream), token);
    } catch (SignInException e) {
      stores.streams().refused(stream.name(), e.fault().code() + ": " + e.getMessage());
      LOG.info("signal of {} refused: {}: {}", stream.name(), e.fault().code(), e.getMessage());
      throw e;
    }
    Concerned who = subjects.find(stream, event.subject());
    SignalEffect effect = meaning.of(stream, event, who);
    SignalEvents.Outcome outcome =
        stores
            .events()
            .receive(
                new SignalEvents.Received(
                    stream.name(),
                    stream.provider(),
                    event.jti(),
                    event.issuedAt(),
                    event.happenedAt(),
                    event.event(),
                    who.text()),
                effect,
                result -> entry(stream, event, who, effect, result, way));
    LOG.info(
        "signal of {}: {} for {}: {}",
        stream.name(),
        name(event),
        who.users().isEmpty() ? "nobody" : who.users(),
        outcome.outcome());
    return event.jti();
  }

  /** What changes nothing stays out of the audit log: a transmitter could fill it. */
  private static List<AuditEvent> entry(
      SignalStream stream,
      EventTokens.Event event,
      Concerned who,
      SignalEffect effect,
      String outcome,
      Way way) {
    boolean changes =
        effect instanceof SignalEffect.EndSessions
            || effect instanceof SignalEffect.Account
            || effect instanceof SignalEffect.Compliance
            || effect instanceof SignalEffect.Risk;
    if (!changes) {
      return List.of();
    }
    return List.of(
        AuditEvent.done(
                new Actor(Actor.Kind.PROVIDER, stream.provider(), stream.provider()),
                "signal." + name(event),
                "signal-stream",
                stream.name())
            .changing(
                Map.of(),
                Map.of(
                    "id", event.jti(),
                    "userId", String.join(" ", who.users()),
                    "deviceId", device(effect)))
            .because(outcome)
            .in(way.requestId(), way.from()));
  }

  private static String device(SignalEffect effect) {
    return effect instanceof SignalEffect.Compliance compliance
        ? compliance.device()
        : effect instanceof SignalEffect.Risk risk ? risk.device() : "";
  }

  /** The last part of the event's URI. */
  private static String name(EventTokens.Event event) {
    return SignIn.printable(event.event().replaceFirst(".*/", ""));
  }
}
