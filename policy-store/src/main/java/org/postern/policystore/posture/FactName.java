package org.postern.policystore.posture;

import java.util.Comparator;

/// Which fact: its kind, and for some kinds what it is about.
///
/// @param subject a path, a domain or a label; empty for kinds that have none
public record FactName(FactKind kind, String subject) implements Comparable<FactName> {
  private static final Comparator<FactName> ORDER =
      Comparator.comparing(FactName::kind).thenComparing(FactName::subject);

  /// A fact that is about the whole device.
  public static FactName of(FactKind kind) {
    return new FactName(kind, "");
  }

  @Override
  public int compareTo(FactName other) {
    return ORDER.compare(this, other);
  }

  /// In words: `disk encryption`, `file /etc/managed`.
  @Override
  public String toString() {
    return subject.isEmpty() ? kind.title() : kind.title() + " " + subject;
  }
}
