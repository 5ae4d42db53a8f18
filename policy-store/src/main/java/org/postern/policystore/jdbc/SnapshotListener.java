package org.postern.policystore.jdbc;

import org.postern.policystore.decision.Snapshot;

/// Is told of every snapshot that replaces another, on the snapshot thread, one at a time and in
/// the order of versions. It must not block: it posts to the owners of what it wants re-evaluated.
public interface SnapshotListener {
  /// A newer snapshot is current.
  void onSnapshot(Snapshot before, Snapshot now);
}
