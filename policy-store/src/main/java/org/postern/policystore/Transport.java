package org.postern.policystore;

/// What carries an application's bytes.
public enum Transport {
  /// A byte stream.
  TCP,
  /// Datagrams with their boundaries kept.
  UDP
}
