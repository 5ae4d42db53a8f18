package org.postern.policystore.jdbc;

import org.jspecify.annotations.Nullable;

/// Others have been changing the policy for longer than a change waits for its turn. Nothing was
/// changed; worth trying again.
public final class PolicyBusyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Gave up.
  public PolicyBusyException(@Nullable Throwable cause) {
    super("another change of the policy takes longer than one waits for it", cause);
  }
}
