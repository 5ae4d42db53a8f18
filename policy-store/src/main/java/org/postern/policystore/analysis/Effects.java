package org.postern.policystore.analysis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.Transport;
import org.postern.policystore.decision.Access;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.decision.Spot;
import org.postern.policystore.decision.SubjectView;

/// What a change does to people: who gains and who loses what. Host by host and port by port, the
/// engine is asked before and after; only where applications or rules differ, and once for all who
/// are answered alike.
///
/// @param effects sorted by application
/// @param complete false if there was too much to ask: then what is said is true, and more may be
public record Effects(List<Effect> effects, boolean complete) {
  /// Copies the list.
  public Effects {
    effects = List.copyOf(effects);
  }

  /// Which way.
  public enum Kind {
    /// They can do more than before.
    GAINS,
    /// They can do less than before.
    LOSES
  }

  /// What happens to an application's users.
  ///
  /// @param application that the hosts belong to: before, for what is lost, and after, for what is
  ///   gained
  /// @param who sorted as the population is, each once
  /// @param hosts the patterns that it concerns, sorted
  public record Effect(Kind kind, String application, List<Who> who, List<String> hosts) {
    /// Copies the lists.
    public Effect {
      who = List.copyOf(who);
      hosts = List.copyOf(hosts);
    }
  }

  /// One of them.
  ///
  /// @param from the most that they could do there
  /// @param to the most that they can do there
  public record Who(Population.Kind kind, String id, String name, Access from, Access to) {}

  /// Compares.
  ///
  /// @param before of the population's state
  /// @param after of the same
  /// @param nowMillis milliseconds since the epoch
  /// @param asksMax how often the engine is asked at most
  public static Effects between(
      Snapshot before, Snapshot after, Population population, long nowMillis, long asksMax) {
    List<Differing.Difference> affected = new Differing(before, after).patterns();
    if (affected.isEmpty()) {
      return new Effects(List.of(), true);
    }
    return new Comparing(
            new Sides(concerning(before, affected), concerning(after, affected)),
            population,
            nowMillis,
            asksMax)
        .compare(affected);
  }

  private static Snapshot concerning(Snapshot snapshot, List<Differing.Difference> affected) {
    Set<String> rules = new HashSet<>();
    for (Differing.Difference each : affected) {
      snapshot.spot(each.pattern()).rules().forEach(rule -> rules.add(rule.name()));
    }
    return snapshot.only((Rule rule) -> rules.contains(rule.name()));
  }

  private record Sides(Snapshot before, Snapshot after) {}

  /// A port, or several that are answered alike, of a pattern.
  private record Atom(Transport transport, int port, String owner, String heir) {}

  /// @param before whether somebody may be answered otherwise, as they were
  /// @param after the same, as they are
  private record Touched(Predicate<SubjectView> before, Predicate<SubjectView> after) {}

  private record Place(HostPattern pattern, Spot before, Spot after, List<Atom> atoms) {}

  /// Places where the same rules differ: one look tells whether somebody is concerned.
  private record Group(Touched touched, List<Place> places) {}

  private record Key(String application, Kind kind) {}

  private static final class Change {
    private Access from = Access.NONE;
    private Access to = Access.NONE;

    void add(Access was, Access is) {
      from = was.compareTo(from) > 0 ? was : from;
      to = is.compareTo(to) > 0 ? is : to;
    }
  }

  private static final class Comparing {
    private final Sides sides;
    private final Population population;
    private final long nowMillis;
    private long asksLeft;
    private final Map<Key, Set<String>> hosts = new HashMap<>();
    private final Map<Key, Map<String, Who>> people = new HashMap<>();

    Comparing(Sides sides, Population population, long nowMillis, long asksMax) {
      this.sides = sides;
      this.population = population;
      this.nowMillis = nowMillis;
      this.asksLeft = asksMax;
    }

    /// Those who are answered alike, by both sides.
    private record Alike(SubjectView before, SubjectView after, List<Population.Member> members) {}

    Effects compare(List<Differing.Difference> affected) {
      Map<Set<String>, Group> groups = new LinkedHashMap<>();
      List<Place> places = new ArrayList<>();
      for (Differing.Difference each : affected) {
        Spot before = sides.before().spot(each.pattern());
        Spot after = sides.after().spot(each.pattern());
        Place place = new Place(each.pattern(), before, after, atoms(before, after));
        if (each.all()) {
          places.add(place);
        } else {
          groups
              .computeIfAbsent(each.rules(), rules -> group(before, after, rules))
              .places()
              .add(place);
        }
      }
      for (Alike alike : alike()) {
        ask(alike, places, groups.values());
      }
      List<Effect> effects = new ArrayList<>();
      people.forEach((key, who) ->
          effects.add(
              new Effect(
                  key.kind(),
                  key.application(),
                  who.values().stream()
                      .sorted(
                          Comparator.comparing(Who::kind)
                              .thenComparing(Who::name)
                              .thenComparing(Who::id))
                      .toList(),
                  List.copyOf(new TreeSet<>(hosts.getOrDefault(key, Set.of()))))));
      effects.sort(
          Comparator.comparing(Effect::application)
              .thenComparing(Effect::kind, Comparator.reverseOrder()));
      return new Effects(effects, asksLeft > 0);
    }

    private List<Alike> alike() {
      Map<List<Object>, Alike> classes = new LinkedHashMap<>();
      for (Population.Member member : population.members()) {
        SubjectView before =
            sides.before().subject(member.userId(), member.deviceId(), member.facts());
        SubjectView after =
            sides.after().subject(member.userId(), member.deviceId(), member.facts());
        classes
            .computeIfAbsent(
                List.of(before.likeness(), after.likeness()),
                _ -> new Alike(before, after, new ArrayList<>(1)))
            .members()
            .add(member);
      }
      return List.copyOf(classes.values());
    }

    private static Group group(Spot before, Spot after, Set<String> rules) {
      return new Group(
          new Touched(before.concerning(rules), after.concerning(rules)), new ArrayList<>());
    }

    private void ask(Alike alike, List<Place> always, Collection<Group> groups) {
      List<Place> places = new ArrayList<>(always);
      for (Group group : groups) {
        if (group.touched().before().test(alike.before())
            || group.touched().after().test(alike.after())) {
          places.addAll(group.places());
        }
      }
      Map<Key, Change> changes =
          new TreeMap<>(Comparator.comparing(Key::application).thenComparing(Key::kind));
      for (Place place : places) {
        for (Atom atom : place.atoms()) {
          if (asksLeft <= 0) {
            break;
          }
          asksLeft -= 1;
          Access was =
              place.before().access(alike.before(), atom.port(), atom.transport(), nowMillis);
          Access is = place.after().access(alike.after(), atom.port(), atom.transport(), nowMillis);
          if (was != is) {
            Key key =
                was.compareTo(is) > 0
                    ? new Key(atom.owner(), Kind.LOSES)
                    : new Key(atom.heir(), Kind.GAINS);
            changes.computeIfAbsent(key, _ -> new Change()).add(was, is);
            hosts.computeIfAbsent(key, _ -> new HashSet<>()).add(place.pattern().text());
          }
        }
      }
      changes.forEach((key, change) -> {
        Map<String, Who> who = people.computeIfAbsent(key, _ -> new HashMap<>());
        for (Population.Member member : alike.members()) {
          who.merge(
              member.userId(),
              new Who(member.kind(), member.id(), member.name(), change.from, change.to),
              Comparing::more);
        }
      });
    }

    /// Of two devices, the one on which there was more, or is.
    private static Who more(Who one, Who other) {
      return Comparator.comparing(Who::from).thenComparing(Who::to).compare(one, other) >= 0
          ? one
          : other;
    }

    private static List<Atom> atoms(Spot before, Spot after) {
      List<Atom> atoms = new ArrayList<>();
      for (Transport transport : Transport.values()) {
        TreeSet<Integer> starts = new TreeSet<>();
        for (Spot spot : List.of(before, after)) {
          for (PortRange piece : spot.pieces(transport)) {
            starts.add(piece.low());
            starts.add(piece.high() + 1);
          }
        }
        for (int port : starts) {
          String owner = owner(before, port, transport);
          String heir = owner(after, port, transport);
          if (!owner.isEmpty() || !heir.isEmpty()) {
            atoms.add(new Atom(transport, port, owner, heir));
          }
        }
      }
      return atoms;
    }

    /// The narrowest application that has the port; empty if there is none.
    private static String owner(Spot spot, int port, Transport transport) {
      return spot.applications().stream()
          .filter(each -> each.ports(transport).stream().anyMatch(range -> range.contains(port)))
          .findFirst()
          .map(Application::name)
          .orElse("");
    }
  }
}
