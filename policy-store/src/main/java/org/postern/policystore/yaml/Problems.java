package org.postern.policystore.yaml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Collects mistakes, up to a limit, and hands them out in the order of the text.
final class Problems {
  private final int limit;
  private final List<PolicyError> errors = new ArrayList<>();
  private int dropped;

  Problems(int limit) {
    this.limit = limit;
  }

  void add(int line, int column, String path, String message) {
    if (errors.size() < limit) {
      errors.add(new PolicyError(line, column, path, message));
    } else {
      dropped++;
    }
  }

  void add(Node node, String path, String message) {
    add(node.line(), node.column(), path, message);
  }

  boolean isEmpty() {
    return errors.isEmpty();
  }

  List<PolicyError> sorted() {
    List<PolicyError> sorted = new ArrayList<>(errors);
    sorted.sort(Comparator.comparingInt(PolicyError::line).thenComparingInt(PolicyError::column));
    if (dropped > 0) {
      PolicyError last = sorted.getLast();
      sorted.add(
          new PolicyError(
              last.line(), last.column(), "", "and " + dropped + " more: mend these first"));
    }
    return sorted;
  }

  /// Shows what was written, shortened, so that a message stays a line.
  static String quote(String text) {
    String shown = text.length() <= 60 ? text : text.substring(0, 60) + "...";
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      quoted.append(c < ' ' || c == 127 ? '?' : c);
    }
    return quoted.append('"').toString();
  }
}
