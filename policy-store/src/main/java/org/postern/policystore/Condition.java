package org.postern.policystore;

/// One condition of a rule. All conditions of a rule must hold.
///
/// @param negated the operand must not hold; a missing fact stays a missing fact
public record Condition(boolean negated, Operand operand) {
  /// A condition that holds when the operand does.
  public static Condition that(Operand operand) {
    return new Condition(false, operand);
  }

  /// A condition that holds when the operand does not.
  public static Condition not(Operand operand) {
    return new Condition(true, operand);
  }
}
