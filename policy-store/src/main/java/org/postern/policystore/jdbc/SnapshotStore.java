package org.postern.policystore.jdbc;

import java.time.Duration;
import javax.sql.DataSource;
import org.postern.policystore.decision.Snapshot;

/// Keeps the current snapshot: listens for changes on a connection of its own, asks for the version
/// now and then in case a notice was lost, and when the database is away keeps the last snapshot
/// and comes back with growing pauses.
///
/// One platform thread, `policy-snapshot`, does all of that; [#current] is a volatile read from any
/// thread.
@SuppressWarnings("DoNotCallSuggester")
public final class SnapshotStore implements AutoCloseable {
  /// Timing of the snapshot thread.
  ///
  /// @param pollInterval how often the version is asked for when no notice comes
  /// @param reconnectPauseMax the longest pause between attempts when the database is away
  public record Settings(Duration pollInterval, Duration reconnectPauseMax) {
    /// What the product ships with.
    public static final Settings DEFAULT =
        new Settings(Duration.ofSeconds(2), Duration.ofSeconds(5));
  }

  private SnapshotStore() {}

  /// Reads the first snapshot, blocking, and starts the thread. Throws [StoreException] if the
  /// database cannot be read.
  public static SnapshotStore start(DataSource source, Settings settings) {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// The newest snapshot. Never blocks.
  public Snapshot current() {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// Reads what has changed by now, blocking, so that whoever just committed a change finds it in
  /// the answer; listeners are told as ever. Not for event loops.
  public Snapshot refresh() {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// Adds a listener for all later snapshots.
  public void addListener(SnapshotListener listener) {
    throw new UnsupportedOperationException("the store lands next");
  }

  /// Stops the thread and waits for it.
  @Override
  public void close() {
    throw new UnsupportedOperationException("the store lands next");
  }
}
