package org.postern.policystore.yaml;

import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.postern.policystore.Operand;

/// Operands as they are stored: the words of the configuration, apart.
public final class OperandRows {
  private OperandRows() {}

  /// Reads an operand back that was stored as `ConditionText` writes it; empty if the words are
  /// none of this version's.
  ///
  /// @param word the operand's key
  /// @param name of the attribute, for an attribute
  /// @param values at least one
  public static Optional<Operand> read(String word, String name, List<String> values) {
    List<Node> items = values.stream().<Node>map(OperandRows::scalar).toList();
    Node value = word.equals("authenticationAge") ? items.getFirst() : sequence(items);
    List<Node.Entry> entries =
        word.equals("attribute")
            ? List.of(entry(word, scalar(name)), entry("values", value))
            : List.of(entry(word, value));
    Problems problems = new Problems(1);
    Fields fields =
        Fields.of(
            new Node.Mapping(entries, 1, 1),
            "",
            new Fields.Reading(problems, Integer.MAX_VALUE, new HashMap<>()),
            Words.CONDITION_KEYS);
    Optional<Operand> operand = fields == null ? Optional.empty() : Words.operand(word, fields, "");
    return problems.isEmpty() ? operand : Optional.empty();
  }

  private static Node scalar(String text) {
    return new Node.Scalar(text, false, 1, 1);
  }

  private static Node sequence(List<Node> items) {
    return new Node.Sequence(items, 1, 1);
  }

  private static Node.Entry entry(String key, Node value) {
    return new Node.Entry(key, value, 1, 1);
  }
}
