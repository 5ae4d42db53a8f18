package org.postern.policystore.decision;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientType;
import org.postern.policystore.ConditionText;
import org.postern.policystore.PortRange;
import org.postern.policystore.Rule;
import org.postern.policystore.Transport;
import org.postern.policystore.Truth;

/// The names or addresses of one host pattern as a whole, by one snapshot: those that no narrower
/// pattern has. Asks the tables and rules that decisions ask. Where patterns cross, so that neither
/// is within the other, names that lie in both are left out. Immutable; any thread.
public final class Spot {
  private final Snapshot snapshot;
  private final HostEntry entry;
  private final List<Application> covering;
  private final long[] concerned;

  Spot(Snapshot snapshot, List<List<CompiledApplication>> levels) {
    this.snapshot = snapshot;
    this.entry = HostEntry.of(levels);
    this.covering =
        levels.stream().flatMap(List::stream).map(each -> each.application).distinct().toList();
    RuleLayer layer = snapshot.policy().access;
    this.concerned = new long[layer.words];
    for (int word = layer.next(entry, entry.all(), 0);
        word < layer.words;
        word = layer.next(entry, entry.all(), word + 1)) {
      concerned[word] = Walk.bits(layer, entry, entry.all(), word);
    }
  }

  /// The applications that take part, the narrowest first.
  public List<Application> applications() {
    List<Application> applications = new ArrayList<>();
    for (CompiledApplication each : entry.applications) {
      applications.add(each.application);
    }
    return applications;
  }

  /// All applications with a pattern over it, whether they take part or it is carved out of them.
  public List<Application> covering() {
    return covering;
  }

  /// The ports, cut where another set of applications has them.
  public List<PortRange> pieces(Transport transport) {
    return entry.pieces(transport);
  }

  /// The access and session rules about it, each list in its order.
  public List<Rule> rules() {
    List<Rule> rules = new ArrayList<>();
    for (RuleLayer layer : List.of(snapshot.policy().access, snapshot.policy().sessions)) {
      for (int word = layer.next(entry, entry.all(), 0);
          word < layer.words;
          word = layer.next(entry, entry.all(), word + 1)) {
        long bits = Walk.bits(layer, entry, entry.all(), word);
        for (; bits != 0; bits &= bits - 1) {
          rules.add(layer.rules[(word << 6) + Long.numberOfTrailingZeros(bits)].rule);
        }
      }
    }
    return rules;
  }

  /// Whether one of some rules about it may be about a subject, or might be if more were known.
  ///
  /// @param names of access and session rules
  public Predicate<SubjectView> concerning(Set<String> names) {
    long[] access = bits(snapshot.policy().access, names);
    long[] sessions = bits(snapshot.policy().sessions, names);
    int[] words = IntStream.range(0, access.length).filter(word -> access[word] != 0).toArray();
    return view -> {
      long shared = 0;
      for (int word : words) {
        shared |= access[word] & candidates(view, word);
      }
      for (int word = 0; word < sessions.length; word++) {
        shared |= sessions[word] & view.sessions.maybe()[word];
      }
      return shared != 0;
    };
  }

  private static long[] bits(RuleLayer layer, Set<String> names) {
    long[] bits = new long[layer.words];
    for (String name : names) {
      int index = layer.indexOf(name);
      if (index >= 0) {
        bits[index >>> 6] |= 1L << index;
      }
    }
    return bits;
  }

  /// Sixty-four rules that may be about the subject, or might be if more were known.
  private static long candidates(SubjectView view, int word) {
    return view.access.maybe()[word] | view.snapshot.policy().access.wantingUnknown(word);
  }

  /// Whether no access rule about it may be about the subject: then there is nothing to ask.
  private boolean isNothingTo(SubjectView view) {
    long shared = 0;
    for (int word = 0; word < concerned.length; word++) {
      shared |= concerned[word] & candidates(view, word);
    }
    return shared == 0;
  }

  /// What a subject can do about one of its ports.
  ///
  /// @param view of the same snapshot
  /// @param nowMillis milliseconds since the epoch
  public Access access(SubjectView view, int port, Transport transport, long nowMillis) {
    return isNothingTo(view)
        ? Access.NONE
        : prospect(view, port, transport, nowMillis, null).access();
  }

  /// The same with the rule, and with what would be needed.
  public Prospect prospect(SubjectView view, int port, Transport transport, long nowMillis) {
    return prospect(view, port, transport, nowMillis, new ArrayList<>());
  }

  private Prospect prospect(
      SubjectView view,
      int port,
      Transport transport,
      long nowMillis,
      @Nullable List<String> needs) {
    if (view.refusal(nowMillis).isPresent()) {
      return new Prospect(Access.NONE, null, List.of());
    }
    long matching = entry.matching(port, transport, view.facts().clientType());
    Decision decision = Walk.decide(view, entry, matching, nowMillis, null);
    Access access =
        switch (decision) {
          case Decision.Allow allow -> Access.ALLOWED;
          case Decision.StepUp stepUp -> Access.STEP_UP;
          case Decision.RequireApproval approval -> Access.APPROVAL;
          case Decision.Deny deny ->
              mightOpen(view, port, transport, nowMillis, needs) ? Access.POSSIBLE : Access.NONE;
        };
    return new Prospect(
        access,
        decision.rule(),
        access == Access.POSSIBLE && needs != null
            ? needs.stream().distinct().toList()
            : List.of());
  }

  /// Whether a rule would let in if what is unknown came out in favour of the subject.
  private boolean mightOpen(
      SubjectView view,
      int port,
      Transport transport,
      long nowMillis,
      @Nullable List<String> needs) {
    ClientType client = view.facts().clientType();
    long matching = entry.matching(port, transport, client);
    if (matching != 0 || client != null) {
      return mightOpen(view, matching, nowMillis, needs);
    }
    note(needs, "clientTypes");
    // Each for itself: what is denied to one is not even there for another.
    for (ClientType each : ClientType.values()) {
      if (mightOpen(view, entry.matching(port, transport, each), nowMillis, needs)) {
        return true;
      }
    }
    return false;
  }

  private boolean mightOpen(
      SubjectView view, long matching, long nowMillis, @Nullable List<String> needs) {
    RuleLayer layer = view.snapshot.policy().access;
    for (int word = 0; word < layer.words; word++) {
      long bits = Walk.bits(layer, entry, matching, word) & candidates(view, word);
      for (; bits != 0; bits &= bits - 1) {
        int index = (word << 6) + Long.numberOfTrailingZeros(bits);
        CompiledRule rule = layer.rules[index];
        Truth truth =
            (layer.wantingUnknown(word) & 1L << index) != 0
                ? rule.whateverIsLearnt(view.subject, nowMillis)
                : Walk.truth(layer, view.access, view.subject, index, nowMillis);
        if (truth == Truth.FALSE || view.access.isReportOnly(index)) {
          continue;
        }
        boolean denies = ((AccessRule) rule.rule).action() == AccessRule.Action.DENY;
        if (truth == Truth.UNKNOWN && needs != null) {
          missing(rule, view.subject, nowMillis, denies, needs);
        }
        if (!denies) {
          return true;
        }
        if (truth == Truth.TRUE) {
          return false;
        }
      }
    }
    return false;
  }

  private static void note(@Nullable List<String> needs, String text) {
    if (needs != null) {
      needs.add(text);
    }
  }

  private static void missing(
      CompiledRule rule, SubjectFacts subject, long nowMillis, boolean denies, List<String> needs) {
    List<String> unknown = new ArrayList<>();
    if (rule.who(subject) == Truth.UNKNOWN) {
      unknown.add("the subject of rule " + rule.rule.name());
    }
    if (rule.inForce(subject) == Truth.UNKNOWN) {
      unknown.add("the group that rule " + rule.rule.name() + " is in force for");
    }
    for (CompiledCondition condition : rule.conditions) {
      if (condition.test(subject, nowMillis) == Truth.UNKNOWN || condition.mayTurn(subject)) {
        unknown.add(ConditionText.line(condition.source()));
      }
    }
    if (denies) {
      needs.add("not (" + String.join(" and ", unknown) + ")");
    } else {
      needs.addAll(unknown);
    }
  }
}
