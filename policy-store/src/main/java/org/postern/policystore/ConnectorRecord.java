package org.postern.policystore;

/// An app connector, keyed by an opaque id. Its group never changes.
///
/// @param keyFingerprint SHA-256 of the connector key's SubjectPublicKeyInfo, in hexadecimal
public record ConnectorRecord(
    String id, String group, String name, String keyFingerprint, State state) {

  /// What a connector may do.
  public enum State {
    /// Works.
    ENROLLED,
    /// Refused at every handshake, its links cut.
    REVOKED
  }
}
