package org.postern.policystore;

/// Seals secrets before they reach the database, with a key that is not in it. Called on blocking
/// threads.
public interface SecretSealer {
  /// Encrypts and authenticates.
  ///
  /// @param context what the secret is for; [#open] must be given the same
  byte[] seal(byte[] plain, String context);

  /// Undoes [#seal]; throws if the key or the context is another, or a bit was changed.
  byte[] open(byte[] sealed, String context);
}
