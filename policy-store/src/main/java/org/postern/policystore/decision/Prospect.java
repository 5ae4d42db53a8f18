package org.postern.policystore.decision;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Rule;

/// What a subject can do about a host and port, and what it hangs on.
///
/// @param rule the rule that decides as things are known; null if none does
/// @param wouldNeed with [Access#POSSIBLE]: what would have to be known, in the words of the
///   configuration; else empty
public record Prospect(Access access, @Nullable Rule rule, List<String> wouldNeed) {
  /// Copies the list.
  public Prospect {
    wouldNeed = List.copyOf(wouldNeed);
  }
}
