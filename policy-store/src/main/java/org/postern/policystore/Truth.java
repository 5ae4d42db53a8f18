package org.postern.policystore;

/// What a question about a fact can come to when facts may be missing. Conditions are joined with
/// [#and] and turned round with [#not] as in Kleene's logic, so that learning a fact can turn
/// UNKNOWN into TRUE or FALSE, and never TRUE into FALSE or back.
public enum Truth {
  /// It is so.
  TRUE,
  /// It is not so.
  FALSE,
  /// The fact that would tell is missing.
  UNKNOWN;

  /// From a fact that is known.
  public static Truth of(boolean known) {
    return known ? TRUE : FALSE;
  }

  /// The opposite; unknown stays unknown.
  public Truth not() {
    return switch (this) {
      case TRUE -> FALSE;
      case FALSE -> TRUE;
      case UNKNOWN -> UNKNOWN;
    };
  }

  /// Both: false if one is false, whatever the other is.
  public Truth and(Truth other) {
    if (this == FALSE || other == FALSE) {
      return FALSE;
    }
    return this == TRUE ? other : UNKNOWN;
  }

  /// One of the two: true if one is true, whatever the other is.
  public Truth or(Truth other) {
    if (this == TRUE || other == TRUE) {
      return TRUE;
    }
    return this == FALSE ? other : UNKNOWN;
  }
}
