package org.postern.broker.signals;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.front.Head;
import org.postern.broker.front.Reply;
import org.postern.broker.front.Route;
import org.postern.broker.signin.SignInException;
import org.postern.broker.signin.SignInFault;
import org.postern.policystore.SignalStream;

/**
 * Where transmitters push security event tokens (RFC 8935), at {@code /signals/STREAM}. A token
 * that came before is accepted again and does nothing: the transmitter may have missed our answer.
 * Blocking; safe on any thread.
 */
final class SignalDoor {
  /** Where transmitters push, under the public address. */
  static final String PATH = "/signals/";

  private static final String CONTENT_TYPE = "application/secevent+jwt";

  private final SignalReceiver receiver;
  private final SignalGate gate;
  private final SignalLimits limits;

  SignalDoor(SignalReceiver receiver, SignalGate gate, SignalLimits limits) {
    this.receiver = receiver;
    this.gate = gate;
    this.limits = limits;
  }

  List<Route> routes() {
    return List.of(Route.post(PATH + ":stream", limits.tokenBytesMax(), gate, this::push));
  }

  private Reply push(Head head, byte[] body) {
    Optional<SignalStream> stream = gate.stream(head);
    if (stream.isEmpty()) {
      return refusal("authentication_failed", "the stream was removed meanwhile");
    }
    String type = head.header("content-type").orElse("").toLowerCase(Locale.ROOT);
    if (!type.equals(CONTENT_TYPE) && !type.startsWith(CONTENT_TYPE + ";")) {
      return refusal("invalid_request", "Content-Type must be " + CONTENT_TYPE);
    }
    String token = new String(body, StandardCharsets.ISO_8859_1).strip();
    try {
      receiver.receive(
          stream.get(),
          token,
          new SignalReceiver.Way(head.requestId(), head.from().getHostAddress()));
      return Reply.text(202, "application/json", "");
    } catch (SignInException e) {
      return isPassing(e.fault())
          ? Reply.problem(
                  503,
                  "keys-unreachable",
                  "The transmitter's keys cannot be read now",
                  "Send the token again.")
              .with("Retry-After", "30")
          : refusal(code(e.fault()), e.fault().title());
    }
  }

  /** Whether the same token may be good a moment later. */
  static boolean isPassing(SignInFault fault) {
    return fault == SignInFault.PROVIDER_UNREACHABLE
        || fault == SignInFault.TOKEN_KEY_UNKNOWN
        || fault == SignInFault.PROVIDER_FORBIDDEN
        || fault == SignInFault.PROVIDER_MISCONFIGURED;
  }

  /** RFC 8935 section 2.4. */
  static String code(SignInFault fault) {
    return switch (fault) {
      case TOKEN_SIGNATURE -> "invalid_key";
      case TOKEN_ISSUER -> "invalid_issuer";
      case TOKEN_AUDIENCE -> "invalid_audience";
      default -> "invalid_request";
    };
  }

  /** RFC 8935 section 2.3. */
  static Reply refusal(String code, String description) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("err", code);
    body.put("description", description);
    return Reply.json(400, body).with("Content-Language", "en");
  }
}
