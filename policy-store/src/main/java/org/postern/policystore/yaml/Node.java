package org.postern.policystore.yaml;

import java.util.List;

/// A piece of a YAML document with the place where it begins; lines and columns count from 1.
sealed interface Node {
  int line();

  int column();

  /// A single value.
  ///
  /// @param plain written without quotes
  record Scalar(String text, boolean plain, int line, int column) implements Node {
    /// Nothing was written, or one of YAML's words for it.
    boolean isNull() {
      return plain && (text.isEmpty() || text.equals("~") || text.equals("null"));
    }
  }

  record Sequence(List<Node> items, int line, int column) implements Node {}

  record Mapping(List<Entry> entries, int line, int column) implements Node {}

  /// One key of a mapping; line and column are the key's.
  record Entry(String key, Node value, int line, int column) {}
}
