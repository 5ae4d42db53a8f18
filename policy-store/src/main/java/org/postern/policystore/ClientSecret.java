package org.postern.policystore;

/// Where the secret comes from with which the broker proves itself to an identity provider.
public sealed interface ClientSecret {

  /// A public client: the proof key (PKCE) alone.
  record None() implements ClientSecret {}

  /// No secret: the broker signs a statement with its own service key (`private_key_jwt`, OpenID
  /// Connect Core 1.0 section 9).
  record OwnKey() implements ClientSecret {}

  /// Written in the document. It is sealed before it reaches the database and never shown again.
  record Inline(String value) implements ClientSecret {
    /// Without the value.
    @Override
    public String toString() {
      return "Inline[hidden]";
    }
  }

  /// Read by the broker from a file on its host at each use, so it can be rotated in place.
  record FromFile(String path) implements ClientSecret {}

  /// Read by the broker from its environment.
  record FromEnvironment(String variable) implements ClientSecret {}

  /// An inline secret that is already in the database: what `get` shows, and on `apply` the word
  /// for "leave it as it is".
  record Kept() implements ClientSecret {}
}
