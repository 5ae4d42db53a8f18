package org.postern.broker.admin;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.broker.signals.SignalDesk;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.SignInException;
import org.postern.policystore.SignalStream;
import org.postern.policystore.SignalStream.Access;
import org.postern.policystore.SignalStream.Delivery;
import org.postern.policystore.jdbc.SignalEvents;
import org.postern.policystore.jdbc.SignalStreams;

/** Shared signals as administrators see them: streams, and what came through them. */
final class SignalHandlers {
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final AdminParts parts;
  private final SignalDesk desk;
  private final SignalStreams streams;

  SignalHandlers(AdminParts parts) {
    this.parts = parts;
    this.desk = parts.signals();
    this.streams = desk.stores().streams();
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listSignalStreams", this::list,
        "createSignalStream", this::create,
        "removeSignalStream", this::remove,
        "renewSignalToken", this::renew,
        "testSignalStream", this::test,
        "verifySignalStream", this::verify,
        "listSignalEvents", this::events);
  }

  private Reply list(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    for (SignalStreams.Listed each : streams.list()) {
      SignalStream stream = each.stream();
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("id", stream.name());
      item.put("provider", stream.provider());
      item.put("issuer", stream.issuer());
      item.put("audience", stream.audience());
      item.put("keysUrl", stream.keysUrl());
      item.put("delivery", stream.delivery() instanceof Delivery.Push ? "push" : "poll");
      item.put("url", url(stream));
      item.put("streamId", stream.streamId());
      item.put("status", each.status());
      item.put("created", each.createdAt().toString());
      item.put("lastEvent", text(each.lastEventAt()));
      item.put("verified", text(each.verifiedAt()));
      item.put("lastError", text(each.lastErrorAt()));
      item.put("error", each.lastError());
      items.add(item);
    }
    return pages.lines(call, items, "id");
  }

  private String url(SignalStream stream) {
    return switch (stream.delivery()) {
      case Delivery.Push() -> parts.facts().address() + SignalDesk.path(stream.name());
      case Delivery.Poll(String url) -> url;
    };
  }

  private static String text(Optional<Instant> time) {
    return time.map(Instant::toString).orElse("");
  }

  private Reply create(AdminCall call) {
    SignalStream wanted = wanted(call);
    boolean configured =
        parts.snapshots().refresh().configuration().identityProviders().stream()
            .anyMatch(each -> each.name().equals(wanted.provider()));
    if (!configured) {
      throw new AdminProblem(
          404,
          "no-such-provider",
          "There is no identity provider " + AdminApi.shown(wanted.provider()),
          "Put it into the policy first: identityProviders: [{name: ...}], postern admin apply -f");
    }
    if (desk.isFull()) {
      throw new AdminProblem(
          409, "too-many", "There are too many signal streams", "Remove one that is not used.");
    }
    SignalStream stream = complete(wanted);
    if (stream.keysUrl().isEmpty()) {
      throw AdminProblem.field("keysUrl", "the transmitter does not say where its keys are");
    }
    String token =
        streams
            .create(stream, call.text("secret"))
            .orElseThrow(() ->
                new AdminProblem(
                    409,
                    "exists",
                    "There is a signal stream " + AdminApi.shown(stream.name()),
                    "Choose another name, or remove it first."));
    call.now(stream.name(), Map.of("provider", stream.provider(), "issuer", stream.issuer()));
    return shown(stream, token);
  }

  private static SignalStream wanted(AdminCall call) {
    boolean poll = !call.text("pollUrl").isEmpty();
    String tokenUrl = call.text("tokenUrl");
    String clientId = call.text("clientId");
    boolean secret = !call.text("secret").isEmpty();
    if (tokenUrl.isEmpty() != clientId.isEmpty() || (!tokenUrl.isEmpty() && !secret)) {
      throw AdminProblem.field(
          "tokenUrl", "tokenUrl, clientId and secret go together; secret alone is a bearer token");
    }
    Access access =
        tokenUrl.isEmpty()
            ? secret ? new Access.Bearer() : new Access.None()
            : new Access.Client(tokenUrl, clientId);
    return new SignalStream(
        call.text("name"),
        call.text("provider"),
        call.text("issuer"),
        call.text("audience"),
        call.text("keysUrl"),
        poll ? new Delivery.Poll(call.text("pollUrl")) : new Delivery.Push(),
        call.text("streamId"),
        call.text("verifyUrl"),
        access);
  }

  private SignalStream complete(SignalStream wanted) {
    try {
      return desk.complete(wanted);
    } catch (SignInException e) {
      throw new AdminProblem(
          422,
          "transmitter-silent",
          "The transmitter does not describe itself: " + e.getMessage(),
          "Say keysUrl (and verifyUrl). " + e.fault().advice());
    }
  }

  private Reply shown(SignalStream stream, String token) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", stream.name());
    answer.put("provider", stream.provider());
    answer.put("url", url(stream));
    answer.put("token", token);
    answer.put("keysUrl", stream.keysUrl());
    return Reply.json(201, answer);
  }

  private Reply remove(AdminCall call) {
    String name = call.path("id");
    if (!streams.remove(name)) {
      throw none(name);
    }
    return Reply.json(200, Map.of("id", name, "state", "removed"));
  }

  private Reply renew(AdminCall call) {
    SignalStream stream = find(call.path("id")).stream();
    String token =
        streams
            .renewToken(stream.name())
            .orElseThrow(() ->
                new AdminProblem(
                    409,
                    "polled",
                    "Stream %s is polled and has no token".formatted(stream.name()),
                    "Only a transmitter that pushes shows one."));
    call.now(stream.name(), Map.of("provider", stream.provider()));
    return shown(stream, token);
  }

  private Reply test(AdminCall call) {
    SignalStreams.Listed listed = find(call.path("id"));
    List<Map<String, Object>> items = new ArrayList<>();
    boolean wrong = false;
    for (ProviderClient.Finding each : desk.examine(listed)) {
      wrong |= each.grade() == ProviderClient.Grade.WRONG;
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("grade", each.grade().name().toLowerCase(Locale.ROOT));
      item.put("what", each.what());
      item.put("text", each.text());
      items.add(item);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", listed.stream().name());
    answer.put("state", wrong ? "wrong" : "good");
    answer.put("items", items);
    return Reply.json(200, answer);
  }

  private Reply verify(AdminCall call) {
    SignalStream stream = find(call.path("id")).stream();
    if (stream.verifyUrl().isEmpty() || stream.access() instanceof Access.None) {
      throw new AdminProblem(
          409,
          "cannot-ask",
          "Nobody said where to ask the transmitter for a verification event, or with what",
          "Ask for it in the transmitter's own console; or make the stream with verifyUrl and"
              + " secret.");
    }
    try {
      int status = desk.verify(stream);
      if (status / 100 != 2) {
        throw new AdminProblem(
            502,
            "transmitter-refused",
            "The transmitter answered with status " + status,
            "Look at its log; too many requests (429) are refused for a while.");
      }
    } catch (SignInException e) {
      throw new AdminProblem(
          502, "transmitter-silent", "The transmitter: " + e.getMessage(), e.fault().advice());
    }
    return Reply.json(200, Map.of("id", stream.name(), "state", "asked"));
  }

  private Reply events(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    for (SignalEvents.Listed each :
        desk.stores()
            .events()
            .newest(call.query("stream").orElse(""), place(call), pages.limit(call))) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("at", each.receivedAt().toString());
      item.put("happened", each.happenedAt().toString());
      item.put("stream", each.stream());
      item.put("event", each.event());
      item.put("subject", each.subject());
      item.put("outcome", each.outcome());
      item.put("jti", each.jti());
      items.add(item);
    }
    return pages.newest(call, items, "at", "stream", "jti");
  }

  private Optional<SignalEvents.Place> place(AdminCall call) {
    String cursor = pages.cursor(call);
    if (cursor.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = cursor.split(" ", 3);
    try {
      if (parts.length == 3 && parts[0].matches("[0-9]{4}-[0-9T:.-]{1,30}Z")) {
        return Optional.of(new SignalEvents.Place(Instant.parse(parts[0]), parts[1], parts[2]));
      }
    } catch (DateTimeParseException e) {
      throw AdminProblem.field("cursor", "is not a nextCursor of this list: " + e.getMessage());
    }
    throw AdminProblem.field("cursor", "is not a nextCursor of this list");
  }

  private SignalStreams.Listed find(String name) {
    return streams.find(name).orElseThrow(() -> none(name));
  }

  private static AdminProblem none(String name) {
    return AdminProblem.notFound("signal stream", name, "List them: postern admin signals list");
  }
}
