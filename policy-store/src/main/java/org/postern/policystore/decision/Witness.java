package org.postern.policystore.decision;

import org.postern.policystore.Truth;

/// Is told what a walk through the rules sees, up to the rule that decides.
interface Witness {
  /// A rule that is about the application, and not surely not about the subject, was asked.
  void asked(RuleLayer layer, int index, Truth truth);

  /// The decision looked at something that changes by itself at an instant; milliseconds since the
  /// epoch, [Long#MAX_VALUE]: never.
  void changesAt(long millis);
}
