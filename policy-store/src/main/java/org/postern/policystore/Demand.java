package org.postern.policystore;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a sign-in is asked for beyond being one, because a policy demands it. What comes back is
/// held against it.
///
/// @param since the person must have proved themselves after this moment; null: whenever
/// @param context the authentication context (`acr`, AuthnContextClassRef) that the provider must
///   assert, to the letter; empty: any
public record Demand(@Nullable Instant since, String context) {
  /// Nothing.
  public static final Demand NONE = new Demand(null, "");
}
