package org.postern.broker.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.analysis.Population;
import org.postern.policystore.analysis.Reach;
import org.postern.policystore.decision.Access;
import org.postern.policystore.decision.Prospect;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.SubjectView;

/** What somebody reaches, and who reaches something: in force, or with a document over it. */
final class ReachHandlers {
  private final AdminParts parts;
  private final PolicyEditor editor;
  private final ImpactDesk impact;
  private final Pages pages;

  ReachHandlers(AdminParts parts, PolicyEditor editor, ImpactDesk impact, AdminLimits limits) {
    this.parts = parts;
    this.editor = editor;
    this.impact = impact;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of("reach", this::reach, "whoCanReach", this::reachers);
  }

  private PolicyConfiguration configuration(AdminCall call, Snapshot now) {
    String document = call.text("document");
    return document.isEmpty()
        ? now.configuration()
        : editor.proposed(call, document, now.configuration());
  }

  private ChangeReview.Reach shown(AdminCall call, PolicyConfiguration configuration) {
    return call.principal.isNarrowed()
        ? new ChangeReview.Reach(
            call.principal, ConfigTree.of(configuration), editor.contract().kinds())
        : new ChangeReview.Reach(
            call.principal, ConfigTree.of(PolicyConfiguration.EMPTY), List.of());
  }

  private static Access least(AdminCall call) {
    String word = call.body.path("least").asText("possible");
    return Access.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private Reply reach(AdminCall call) {
    Snapshot now = parts.snapshots().refresh();
    PolicyConfiguration configuration = configuration(call, now);
    ChangeReview.Reach shown = shown(call, configuration);
    Question question = Question.aboutSomebody(call.body, parts.clock().instant());
    Snapshot policy =
        now.with(now.version(), configuration.sharing(now.configuration()), now.identities());
    WhatIf.Asked asked = new WhatIf(question, policy).asked(device -> impact.facts(policy, device));
    DecisionHandlers.mayAskAbout(call, asked);
    long atMillis = question.at().toEpochMilli();
    List<Reach.Reached> reached =
        Reach.of(asked.snapshot(), asked.view(), least(call), atMillis).stream()
            .filter(each -> shown.holdsApplication(each.application().name()))
            .toList();
    return pages.sorted(
        call,
        reached,
        each -> each.application().name(),
        each -> application(asked, each, atMillis));
  }

  private static Map<String, Object> application(
      WhatIf.Asked asked, Reach.Reached reached, long nowMillis) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("application", reached.application().name());
    line.put("access", ImpactDesk.word(reached.access()));
    List<Map<String, Object>> openings = new ArrayList<>();
    for (Reach.Opening each :
        Reach.openings(asked.snapshot(), asked.view(), reached.application(), nowMillis)) {
      Map<String, Object> opening = new LinkedHashMap<>();
      opening.put("host", each.host().text());
      opening.put("transport", ImpactDesk.word(each.transport()));
      opening.put("ports", each.ports().toString());
      opening.putAll(shown(each.prospect()));
      openings.add(opening);
    }
    line.put("openings", openings);
    return line;
  }

  private static Map<String, Object> shown(Prospect prospect) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("access", ImpactDesk.word(prospect.access()));
    shown.put("rule", prospect.rule() == null ? "" : prospect.rule().name());
    shown.put("wouldNeed", prospect.wouldNeed());
    return shown;
  }

  private Reply reachers(AdminCall call) {
    if (!call.principal.may("users:read")) {
      throw AdminProblem.forbidden("This names people: it needs users:read too.");
    }
    Snapshot now = parts.snapshots().refresh();
    PolicyConfiguration configuration = configuration(call, now).sharing(now.configuration());
    ChangeReview.Reach shown = shown(call, configuration);
    String name = call.text("application");
    Application application =
        configuration.applications().stream()
            .filter(each -> each.name().equals(name) && shown.holdsApplication(name))
            .findFirst()
            .orElseThrow(() ->
                AdminProblem.field(
                    "application", "there is no application " + AdminApi.shown(name)));
    Population population =
        impact.population(now, new ImpactDesk.Change(configuration, configuration));
    Snapshot snapshot = now.with(now.version(), configuration, population.after());
    long nowMillis = parts.clock().millis();
    List<Reach.Reacher> reachers =
        Reach.to(snapshot, population, application, least(call), nowMillis);
    return pages.ordered(
        call,
        reachers,
        each -> ImpactDesk.word(each.member().kind()) + " " + each.member().id(),
        each -> reacher(snapshot, application, each, nowMillis));
  }

  private static Map<String, Object> reacher(
      Snapshot snapshot, Application application, Reach.Reacher reacher, long nowMillis) {
    Population.Member member = reacher.member();
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("kind", ImpactDesk.word(member.kind()));
    line.put("id", member.id());
    line.put("name", member.name());
    boolean real = snapshot.identities().devices().get(member.deviceId()) != null;
    line.put("deviceId", real && !member.deviceId().contains(" ") ? member.deviceId() : "");
    line.put("access", ImpactDesk.word(reacher.access()));
    SubjectView view = snapshot.subject(member.userId(), member.deviceId(), member.facts());
    Reach.openings(snapshot, view, application, nowMillis).stream()
        .filter(each -> each.prospect().access() == reacher.access())
        .findFirst()
        .ifPresent(each -> {
          line.put("rule", each.prospect().rule() == null ? "" : each.prospect().rule().name());
          line.put("wouldNeed", each.prospect().wouldNeed());
        });
    return line;
  }
}
