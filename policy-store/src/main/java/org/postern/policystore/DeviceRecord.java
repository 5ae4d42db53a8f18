package org.postern.policystore;

/// A user's device, keyed by an opaque id.
///
/// @param keyFingerprint SHA-256 of the device key's SubjectPublicKeyInfo, in hexadecimal
public record DeviceRecord(
    String id, String userId, String name, String platform, String keyFingerprint, State state) {

  /// What a device may do.
  public enum State {
    /// Works.
    REGISTERED,
    /// Set aside by an administrator; may come back.
    QUARANTINED,
    /// Gone for good; its id is never used again.
    REMOVED
  }
}
