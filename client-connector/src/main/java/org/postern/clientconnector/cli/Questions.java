package org.postern.clientconnector.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.postern.clientconnector.link.PersonQuestions;
import org.postern.clientconnector.link.Reasons;
import org.postern.clientconnector.local.Gateway;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.AccessAnswer;
import org.postern.tunnel.message.AccessRequest;
import org.postern.tunnel.message.AccessWish;
import org.postern.tunnel.message.ReasonCode;
import org.postern.tunnel.message.Transport;
import org.postern.tunnel.message.Why;
import org.postern.tunnel.message.WhyAnswer;

/** The questions of the command line, on their way to the broker and back. On the client's loop. */
final class Questions {
  private static final JsonFactory JSON = new JsonFactory();

  private final EventLoop loop;
  private final PersonQuestions broker;
  private final Gateway gateway;

  /**
   * Questions to the broker.
   *
   * @param gateway knows which names our addresses stand for
   */
  Questions(EventLoop loop, PersonQuestions broker, Gateway gateway) {
    this.loop = loop;
    this.broker = broker;
    this.gateway = gateway;
  }

  /** One host, with or without a port. */
  private record Asked(String host, int port, Transport transport) {
    static Asked of(String text, String transport) {
      boolean address = text.indexOf(':') != text.lastIndexOf(':') && !text.startsWith("[");
      boolean bare = address || text.indexOf(':') < 0 || text.endsWith("]");
      String host = address ? "[" + text + "]" : text;
      Target target = Target.parse(bare ? host + ":1" : host);
      return new Asked(
          target.host(),
          bare ? 0 : target.port(),
          transport.equals("udp") ? Transport.TRANSPORT_UDP : Transport.TRANSPORT_TCP);
    }

    Asked about(String name) {
      return new Asked(name, port, transport);
    }

    String shown(int answeredPort) {
      String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
      int shown = answeredPort == 0 ? port : answeredPort;
      return shown == 0 ? name : name + ":" + shown;
    }
  }

  Future<String> ask(String verb, String arguments) {
    String[] words = arguments.split(" ", -1);
    try {
      return switch (verb) {
        case "why" -> why(Asked.of(words[0], word(words, 1)));
        case "request" ->
            request(
                named(Asked.of(words[0], word(words, 1))),
                Integer.parseInt(word(words, 2)),
                URLDecoder.decode(word(words, 3), StandardCharsets.UTF_8));
        default -> requests();
      };
    } catch (IllegalArgumentException e) {
      return loop.newFailedFuture(e);
    }
  }

  private static String word(String[] words, int index) {
    return index < words.length ? words[index] : "";
  }

  private interface Body<A> {
    void write(JsonGenerator out, A answer) throws IOException;
  }

  private <A> Future<String> json(Future<A> asked, Body<A> body) {
    Promise<String> text = loop.newPromise();
    asked.addListener((Future<A> done) -> {
      if (!done.isSuccess()) {
        text.setFailure(done.cause());
        return;
      }
      StringWriter written = new StringWriter();
      try (JsonGenerator out = JSON.createGenerator(written)) {
        out.writeStartObject();
        body.write(out, done.getNow());
        out.writeEndObject();
      }
      text.setSuccess(written.toString());
    });
    return text;
  }

  /** The broker knows names only; what our addresses stand for is this device's own business. */
  private Asked named(Asked asked) {
    String name = gateway.hostBehind(asked.host());
    if (name == null) {
      throw new IllegalArgumentException(
          "%s is an address of Postern on this device and stands for no name now (expected: a name, or an address that a name was answered with)"
              .formatted(asked.host()));
    }
    return asked.about(name);
  }

  private Future<String> why(Asked given) {
    Asked asked = named(given);
    Why.Builder question =
        Why.newBuilder()
            .setHost(asked.host())
            .setPort(asked.port())
            .setTransport(asked.transport());
    return json(
        broker.why(question),
        (out, answer) -> {
          out.writeStringField("target", asked.shown(answer.getPort()));
          if (!asked.host().equals(given.host())) {
            out.writeStringField("address", given.host());
          }
          out.writeStringField("outcome", word(answer.getOutcome().name(), "OUTCOME_"));
          reason(out, answer.getReason(), why(answer));
          out.writeStringField("message", answer.getText());
          out.writeStringField("decisionId", answer.getDecisionId());
        });
  }

  private static String why(WhyAnswer answer) {
    return switch (answer.getOutcome()) {
      case OUTCOME_PERMITTED ->
          answer.getReason() == ReasonCode.NO_CONNECTOR
              ? "it is permitted, but no app connector reaches it right now; try again later"
              : "it is permitted";
      case OUTCOME_BYPASSED ->
          "Postern leaves it alone on this device: it is resolved and dialled without us";
      case OUTCOME_REFUSED -> Reasons.sentence(answer.getReason());
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED -> "the broker's answer is of a newer kind";
    };
  }

  private static void reason(JsonGenerator out, ReasonCode reason, String text) throws IOException {
    out.writeStringField("reason", reason == ReasonCode.REASON_UNSPECIFIED ? "" : reason.name());
    out.writeStringField("text", text);
  }

  private static String word(String name, String prefix) {
    return name.substring(name.startsWith(prefix) ? prefix.length() : 0).toLowerCase(Locale.ROOT);
  }

  private Future<String> request(Asked asked, int seconds, String reason) {
    AccessWish.Builder wish =
        AccessWish.newBuilder()
            .setHost(asked.host())
            .setPort(asked.port())
            .setTransport(asked.transport())
            .setReason(reason)
            .setSeconds(seconds);
    return json(
        broker.wish(wish),
        (out, answer) -> {
          out.writeStringField("target", asked.shown(0));
          out.writeStringField("outcome", word(answer.getOutcome().name(), "OUTCOME_"));
          reason(out, answer.getReason(), request(answer));
          out.writeStringField("message", answer.getText());
          out.writeStringField("decisionId", answer.getDecisionId());
          out.writeStringField("requestId", answer.getRequestId());
        });
  }

  private static String request(AccessAnswer answer) {
    return switch (answer.getOutcome()) {
      case OUTCOME_WAITS -> "it waits for an approver";
      case OUTCOME_NOT_NEEDED -> "it is permitted already; there is nothing to approve";
      case OUTCOME_REFUSED -> Reasons.sentence(answer.getReason());
      case OUTCOME_TOO_MANY -> "you have too many requests: " + answer.getText();
      case OUTCOME_FAILED -> answer.getText();
      case OUTCOME_LIST, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          "the broker's answer is of a newer kind";
    };
  }

  private Future<String> requests() {
    return json(broker.requests(), (out, answer) -> list(out, answer.getRequestsList()));
  }

  /** As the field {@code requests}. */
  static void list(JsonGenerator out, List<AccessRequest> requests) throws IOException {
    out.writeArrayFieldStart("requests");
    for (AccessRequest each : requests) {
      out.writeStartObject();
      out.writeStringField("id", each.getId());
      out.writeStringField("target", each.getTarget());
      out.writeStringField("state", word(each.getState().name(), "STATE_"));
      out.writeNumberField("askedMillis", each.getAskedUnixMillis());
      out.writeNumberField("untilMillis", each.getEndsUnixMillis());
      out.writeStringField("text", each.getText());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
