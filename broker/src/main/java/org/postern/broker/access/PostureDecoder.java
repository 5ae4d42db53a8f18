package org.postern.broker.access;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.posture.Fact;
import org.postern.policystore.posture.FactKind;
import org.postern.policystore.posture.FactName;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/**
 * Reads a device's report, up to its limits. Facts of kinds that are not known here are ignored.
 */
final class PostureDecoder {
  private PostureDecoder() {}

  /** What a report says, or why it cannot be believed. */
  sealed interface Read {
    /** The facts. */
    record Good(SortedMap<FactName, Fact> facts) implements Read {}

    /** Nothing of it is used. */
    record Bad(String why) implements Read {}
  }

  static Read read(PostureReport report, PostureReportLimits limits) {
    if (report.getFactsCount() > limits.factsMax()) {
      return new Read.Bad(
          "%d facts (expected: at most %d)".formatted(report.getFactsCount(), limits.factsMax()));
    }
    SortedMap<FactName, Fact> facts = new TreeMap<>();
    for (PostureFact raw : report.getFactsList()) {
      Optional<FactKind> kind = FactKind.ofCode(raw.getKindValue());
      if (kind.isEmpty()) {
        continue;
      }
      String subject = raw.getSubject();
      if (subject.isEmpty() == kind.get().hasSubject() || !fits(subject, limits.subjectLength())) {
        return new Read.Bad("fact " + kind.get() + " has no subject of the right kind");
      }
      Fact fact = fact(raw, limits);
      if (fact == null) {
        return new Read.Bad("fact " + kind.get() + " has a value that is too long or not text");
      }
      if (raw.getValueCase() != PostureFact.ValueCase.VALUE_NOT_SET
          && facts.put(new FactName(kind.get(), subject), fact) != null) {
        return new Read.Bad("fact " + kind.get() + " is there twice");
      }
    }
    return new Read.Good(facts);
  }

  private static @Nullable Fact fact(PostureFact raw, PostureReportLimits limits) {
    return switch (raw.getValueCase()) {
      case FLAG -> new Fact.Flag(raw.getFlag());
      case NUMBER -> raw.getNumber() < 0 ? null : new Fact.Amount(raw.getNumber());
      case TEXT -> fits(raw.getText(), limits.textLength()) ? new Fact.Text(raw.getText()) : null;
      case MISSING ->
          fits(raw.getMissing(), limits.whyLength()) ? new Fact.Missing(raw.getMissing()) : null;
      case VALUE_NOT_SET -> new Fact.Missing("");
    };
  }

  private static boolean fits(String text, int lengthMax) {
    return text.length() <= lengthMax
        && text.chars()
            .noneMatch(c -> Character.isISOControl(c) || Character.isSurrogate((char) c));
  }
}
