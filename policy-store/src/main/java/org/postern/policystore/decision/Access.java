package org.postern.policystore.decision;

/// What a subject can do about a host and port; more, the later in the list.
public enum Access {
  /// Nothing, whatever else may become known.
  NONE,
  /// Nothing as things are known; it might be otherwise if facts were known that are missing.
  POSSIBLE,
  /// Open a flow once an approver has said yes.
  APPROVAL,
  /// Open a flow after a fresher or stronger sign-in.
  STEP_UP,
  /// Open a flow.
  ALLOWED
}
