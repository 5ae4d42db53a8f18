package org.postern.policystore;

/// How a question comes in: who stands at the broker's door for the subject.
public enum ClientType {
  /// A client connector on a person's device.
  CLIENT,
  /// A browser, without anything installed.
  BROWSER,
  /// A program without a person.
  WORKLOAD
}
