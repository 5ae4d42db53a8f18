package org.postern.broker.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AddressRange;
import org.postern.policystore.ClientType;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Rule;
import org.postern.policystore.Truth;
import org.postern.policystore.analysis.CarveOut;
import org.postern.policystore.analysis.Effects;
import org.postern.policystore.analysis.Finding;
import org.postern.policystore.analysis.Population;
import org.postern.policystore.decision.Facts;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.posture.DevicePosture;
import org.postern.policystore.posture.PostureEvaluation;
import org.postern.policystore.posture.ProfileResult;

/** What a change of the policy does to the people and devices that there are. Blocking. */
final class ImpactDesk {
  private final AdminParts parts;
  private final AdminLimits limits;

  ImpactDesk(AdminParts parts, AdminLimits limits) {
    this.parts = parts;
    this.limits = limits;
  }

  /** A configuration before and after. */
  record Change(PolicyConfiguration before, PolicyConfiguration after) {
    /** Nothing changes. */
    static final Change NONE = new Change(PolicyConfiguration.EMPTY, PolicyConfiguration.EMPTY);
  }

  /**
   * Everybody in the database, with what is known of their devices: by which facts this broker
   * decides about them, or else the platform, and the posture and the address that were seen last.
   */
  Population population(Snapshot now, Change change) {
    Instant at = parts.clock().instant();
    Map<String, DevicePosture> postures =
        now.configuration().postureProfiles().isEmpty() ? Map.of() : parts.postures().all();
    Map<String, String> sources = parts.sources().all();
    return Population.of(
        now.identities(),
        change.before(),
        change.after(),
        device ->
            parts
                .liveFacts()
                .factsOf(now, device.id())
                .orElseGet(() ->
                    facts(
                        now,
                        device,
                        postures.get(device.id()),
                        sources.getOrDefault(device.id(), ""),
                        at)),
        WhatIf.CLIENT,
        at);
  }

  /** By which facts a device is decided about, or would be if it were linked. */
  Facts facts(Snapshot now, DeviceRecord device) {
    return parts
        .liveFacts()
        .factsOf(now, device.id())
        .orElseGet(() ->
            facts(
                now,
                device,
                parts.postures().find(device.id()).orElse(null),
                parts.sources().find(device.id()).orElse(""),
                parts.clock().instant()));
  }

  private static Facts facts(
      Snapshot now,
      DeviceRecord device,
      @Nullable DevicePosture posture,
      String source,
      Instant at) {
    Platform platform = Platform.ofDevice(device.platform()).orElse(null);
    Map<String, Truth> results = new HashMap<>();
    for (ProfileResult result :
        PostureEvaluation.evaluateAll(
            now.configuration().postureProfiles(), platform, posture, at)) {
      results.put(result.profile(), result.result());
    }
    return new Facts(
        ClientType.CLIENT,
        platform,
        results,
        AddressRange.parse(source).orElse(null),
        null,
        null,
        now.identities().risk(device.userId(), device.id(), at));
  }

  /**
   * What a change carves out of applications that it leaves.
   *
   * @param shows applications that the caller may know of
   */
  List<Map<String, Object>> warnings(Change change, Predicate<String> shows) {
    Sides sides = sides(change, IdentityState.EMPTY, IdentityState.EMPTY);
    List<Map<String, Object>> warnings = new ArrayList<>();
    for (CarveOut each : CarveOut.between(sides.before(), sides.after())) {
      if (warnings.size() < limits.pageMax()
          && shows.test(each.from())
          && each.takers().stream().allMatch(shows)) {
        Map<String, Object> warning = new LinkedHashMap<>();
        warning.put("kind", "carve-out");
        warning.put("host", each.host());
        warning.put("from", each.from());
        warning.put("takers", each.takers());
        warning.put("tcp", each.tcp().stream().map(Object::toString).toList());
        warning.put("udp", each.udp().stream().map(Object::toString).toList());
        warning.put("text", each.text());
        warnings.add(warning);
      }
    }
    unfed(change, warnings);
    return warnings;
  }

  /** Of rules that change, so that whoever changes something else is not told of them again. */
  private void unfed(Change change, List<Map<String, Object>> warnings) {
    Set<Rule> before = new HashSet<>(rules(change.before()));
    if (before.containsAll(rules(change.after()))) {
      return;
    }
    for (Finding finding :
        parts.factSources().unfed(change.after(), rule -> !before.contains(rule))) {
      warnings.add(
          Map.of("kind", "missing-fact", "subject", finding.subject(), "text", finding.text()));
    }
  }

  private static List<Rule> rules(PolicyConfiguration configuration) {
    List<Rule> rules = new ArrayList<>(configuration.rules());
    rules.addAll(configuration.sessionRules());
    rules.addAll(configuration.forwardingRules());
    return rules;
  }

  private record Sides(Snapshot before, Snapshot after) {}

  /** What does not change is shared with the snapshot in force, and not made again. */
  private Sides sides(Change change, IdentityState were, IdentityState are) {
    Snapshot now = parts.snapshots().current();
    PolicyConfiguration old = change.before().sharing(now.configuration());
    Snapshot before = now.with(0, old, were);
    return new Sides(before, before.with(0, change.after().sharing(old), are));
  }

  /**
   * Who gains and who loses what.
   *
   * @param shows applications that the caller may know of
   * @param names whether the caller may know people
   */
  Map<String, Object> effects(Change change, Predicate<String> shows, boolean names) {
    Snapshot now = parts.snapshots().current();
    Population population = population(now, change);
    Sides sides = sides(change, population.before(), population.after());
    Effects effects =
        Effects.between(
            sides.before(), sides.after(), population, parts.clock().millis(), limits.impactAsks());
    List<Object> loses = new ArrayList<>();
    List<Object> gains = new ArrayList<>();
    for (Effects.Effect effect : effects.effects()) {
      if (shows.test(effect.application()) && loses.size() + gains.size() < limits.pageMax()) {
        (effect.kind() == Effects.Kind.LOSES ? loses : gains).add(line(effect, names));
      }
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("loses", loses);
    body.put("gains", gains);
    body.put("complete", effects.complete() && loses.size() + gains.size() < limits.pageMax());
    return body;
  }

  private Map<String, Object> line(Effects.Effect effect, boolean names) {
    List<Map<String, Object>> who = new ArrayList<>();
    long people = 0;
    for (Effects.Who each : effect.who()) {
      boolean person = each.kind() == Population.Kind.PERSON;
      people += person ? 1 : 0;
      if ((names || !person) && who.size() < limits.pageMax()) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("kind", word(each.kind()));
        shown.put("id", each.id());
        shown.put("name", each.name());
        shown.put("from", word(each.from()));
        shown.put("to", word(each.to()));
        who.add(shown);
      }
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("application", effect.application());
    line.put("hosts", effect.hosts());
    line.put("people", people);
    line.put("who", who);
    return line;
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
