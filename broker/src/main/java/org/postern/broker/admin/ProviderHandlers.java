package org.postern.broker.admin;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.broker.signin.ProviderClient;
import org.postern.broker.signin.ServiceKeyRing;
import org.postern.policystore.jdbc.ProviderNotes;

/** Identity providers, looked at; and the broker's own keys towards them. */
final class ProviderHandlers {
  private final Pages pages = new Pages(AdminLimits.DEFAULT);
  private final ProviderDesk desk;
  private final BrokerFacts facts;

  ProviderHandlers(AdminParts parts) {
    this.desk = parts.providers();
    this.facts = parts.facts();
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "testProvider", this::test,
        "listServiceKeys", this::keys,
        "changeServiceKeys", this::changeKeys);
  }

  private Reply test(AdminCall call) {
    String name = call.path("id");
    ProviderClient client =
        desk.providers()
            .find(name)
            .orElseThrow(() ->
                AdminProblem.notFound(
                    "identity provider", name, "List them: postern admin idp list"));
    List<Map<String, Object>> findings = new ArrayList<>();
    boolean wrong = false;
    Optional<ProviderNotes.Note> last = desk.notes().last(name);
    List<ProviderClient.Finding> found = new ArrayList<>(client.examine());
    last.ifPresent(note -> found.addAll(LastSignIn.findings(client.provider(), note)));
    desk.notes().lastRefused(name).ifPresent(refusal -> found.add(LastSignIn.finding(refusal)));
    for (ProviderClient.Finding each : found) {
      wrong |= each.grade() == ProviderClient.Grade.WRONG;
      Map<String, Object> finding = new LinkedHashMap<>();
      finding.put("grade", each.grade().name().toLowerCase(Locale.ROOT));
      finding.put("what", each.what());
      finding.put("text", each.text());
      findings.add(finding);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", name);
    answer.put("state", wrong ? "wrong" : "good");
    answer.put("items", findings);
    answer.put(
        "testSignIn",
        URI.create(facts.address())
            .resolve("/signin/test?provider=" + name + "&ticket=" + desk.tickets().issue(name))
            .toString());
    last.ifPresent(note -> {
      Map<String, Object> said = new LinkedHashMap<>();
      said.put("at", note.at().toString());
      said.put("subject", note.subject());
      said.put("said", note.said());
      answer.put("lastSignIn", said);
    });
    return Reply.json(200, answer);
  }

  private Reply keys(AdminCall call) {
    List<Map<String, Object>> items = new ArrayList<>();
    for (ServiceKeyRing.Entry each : desk.keys().keys().published()) {
      Map<String, Object> item = new LinkedHashMap<>();
      item.put("id", each.id());
      item.put("state", each.state().name().toLowerCase(Locale.ROOT));
      item.put("fingerprint", each.key().fingerprint());
      items.add(item);
    }
    return pages.lines(call, items, "id");
  }

  private static String state(String step) {
    return switch (step) {
      case "prepare" -> "published";
      case "promote" -> "active";
      default -> "dropped";
    };
  }

  private Reply changeKeys(AdminCall call) {
    String step = call.path("state");
    boolean done =
        switch (step) {
          case "prepare" -> desk.keys().prepare();
          case "promote" -> desk.keys().promote();
          default -> desk.keys().dropPrevious();
        };
    if (!done) {
      throw new AdminProblem(
          409,
          "no-such-step",
          "The service keys cannot do that now",
          "The order is prepare, promote, drop; see postern admin idp keys");
    }
    call.now("service-key", Map.of("state", step));
    return Reply.json(200, Map.of("id", "service-key", "state", state(step)));
  }
}
