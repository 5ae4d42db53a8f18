package org.postern.policystore;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.SessionRecord.SignInMethod;

/// What a provider says about one sign-in.
///
/// @param method how the person proved themselves: a fact for rules
/// @param at when, if the provider says
/// @param providerSession the provider's own name for its session (`sid`, SAML SessionIndex), by
///   which it ends it later; may be empty
/// @param signOutHint what the provider wants to see again when the person signs out, sealed by
///   whoever will show it; may be empty
public record Authentication(
    SignInMethod method, @Nullable Instant at, String providerSession, String signOutHint) {
  /// Without a hint.
  public Authentication(SignInMethod method, @Nullable Instant at, String providerSession) {
    this(method, at, providerSession, "");
  }

  /// The same with a hint.
  public Authentication withSignOutHint(String hint) {
    return new Authentication(method, at, providerSession, hint);
  }

  /// Nothing is known.
  public static final Authentication UNKNOWN = new Authentication(SignInMethod.UNKNOWN, null, "");
}
