package org.postern.policystore.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.decision.Snapshot;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the current snapshot: listens for changes on a connection of its own, asks for the version
/// now and then in case a notice was lost, and when the database is away keeps the last snapshot
/// and comes back with growing pauses.
///
/// One platform thread, `policy-snapshot`, does all of that; [#current] is a volatile read from any
/// thread.
public final class SnapshotStore implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SnapshotStore.class);
  private static final int NOTICE_WAIT_MILLIS = 250;
  private static final Duration RECONNECT_PAUSE_FIRST = Duration.ofMillis(50);

  /// Timing of the snapshot thread.
  ///
  /// @param pollInterval how often the version is asked for when no notice comes
  /// @param reconnectPauseMax the longest pause between attempts when the database is away
  public record Settings(Duration pollInterval, Duration reconnectPauseMax) {
    /// What the product ships with.
    public static final Settings DEFAULT =
        new Settings(Duration.ofSeconds(2), Duration.ofSeconds(5));

    /// Refuses pauses that are no pauses.
    public Settings {
      if (pollInterval.toMillis() < 1 || reconnectPauseMax.toMillis() < 1) {
        throw new IllegalArgumentException(
            "pollInterval "
                + pollInterval
                + ", reconnectPauseMax "
                + reconnectPauseMax
                + " (expected: at least 1 ms each)");
      }
    }
  }

  private final DataSource source;
  private final Settings settings;
  private final Thread thread = new Thread(this::run, "policy-snapshot");
  private final List<SnapshotListener> listeners = new CopyOnWriteArrayList<>();

  // Guards the reader and the order of snapshots: whoever reads one publishes it before anyone else
  // reads. Listeners are told under it, which is why they must not block.
  private final ReentrantLock reading = new ReentrantLock();
  private final SnapshotReader reader = new SnapshotReader();
  private volatile Snapshot current;

  // Guards the end of the thread.
  private final ReentrantLock ending = new ReentrantLock();
  private final Condition ended = ending.newCondition();
  private boolean closed;
  private @Nullable Connection listening;

  private SnapshotStore(DataSource source, Settings settings) throws SQLException {
    this.source = source;
    this.settings = settings;
    try (Connection connection = source.getConnection()) {
      this.current = reader.read(connection);
    }
    thread.setDaemon(true);
  }

  /// Reads the first snapshot, blocking, and starts the thread. Throws [StoreException] if the
  /// database cannot be read.
  ///
  /// @param source one connection of it is kept for listening
  public static SnapshotStore start(DataSource source, Settings settings) {
    try {
      SnapshotStore store = new SnapshotStore(source, settings);
      store.thread.start();
      return store;
    } catch (SQLException e) {
      throw new StoreException("cannot read the policy", e);
    }
  }

  /// The newest snapshot. Never blocks.
  public Snapshot current() {
    return current;
  }

  /// Reads what has changed by now, blocking, so that whoever just committed a change finds it in
  /// the answer; listeners are told as ever. Not for event loops.
  public Snapshot refresh() {
    try (Connection connection = source.getConnection()) {
      return read(connection);
    } catch (SQLException e) {
      throw new StoreException("cannot read the policy", e);
    }
  }

  /// Adds a listener for all later snapshots.
  public void addListener(SnapshotListener listener) {
    listeners.add(listener);
  }

  private Snapshot read(Connection connection) throws SQLException {
    reading.lock();
    try {
      Snapshot before = current;
      Snapshot now = reader.read(connection);
      if (now != before) {
        current = now;
        tell(before, now);
      }
      return now;
    } finally {
      reading.unlock();
    }
  }

  private void doubt() {
    reading.lock();
    try {
      reader.doubt();
    } finally {
      reading.unlock();
    }
  }

  private void tell(Snapshot before, Snapshot now) {
    for (SnapshotListener listener : listeners) {
      try {
        listener.onSnapshot(before, now);
      } catch (RuntimeException e) {
        // One listener's bug must not keep the others from a revocation.
        log.error("a snapshot listener failed at policy version {}", now.version(), e);
      }
    }
  }

  private void run() {
    Duration pause = RECONNECT_PAUSE_FIRST;
    while (!isClosed()) {
      long before = current.version();
      try (Connection connection = source.getConnection()) {
        if (!listenOn(connection)) {
          return;
        }
        pause = RECONNECT_PAUSE_FIRST;
        listen(connection);
      } catch (SQLException e) {
        if (isClosed()) {
          return;
        }
        doubt();
        log.warn(
            "the policy database is away, policy version {} stays in force; next attempt in {} ms:"
                + " {}",
            before,
            pause.toMillis(),
            e.getMessage());
        await(pause);
        pause = min(pause.multipliedBy(2), settings.reconnectPauseMax());
      } catch (RuntimeException e) {
        log.error("the policy cannot be read, policy version {} stays in force", before, e);
        await(settings.reconnectPauseMax());
      }
    }
  }

  private void listen(Connection connection) throws SQLException {
    Database.update(connection, "listen postern_policy");
    PGConnection notices = connection.unwrap(PGConnection.class);
    int timeoutMillis = (int) Math.min(settings.pollInterval().toMillis(), Integer.MAX_VALUE);
    while (!isClosed()) {
      // First read, then wait: a change between LISTEN and the first read is not lost.
      read(connection);
      awaitNotice(notices, timeoutMillis);
    }
  }

  /// In pieces, so that closing need not break the connection.
  private void awaitNotice(PGConnection notices, int timeoutMillis) throws SQLException {
    for (int left = timeoutMillis; left > 0 && !isClosed(); left -= NOTICE_WAIT_MILLIS) {
      if (notices.getNotifications(Math.min(left, NOTICE_WAIT_MILLIS)).length > 0) {
        return;
      }
    }
  }

  private boolean listenOn(Connection connection) {
    ending.lock();
    try {
      listening = closed ? null : connection;
      return !closed;
    } finally {
      ending.unlock();
    }
  }

  private boolean isClosed() {
    ending.lock();
    try {
      return closed;
    } finally {
      ending.unlock();
    }
  }

  private void await(Duration pause) {
    ending.lock();
    try {
      long nanos = pause.toNanos();
      while (!closed && nanos > 0) {
        nanos = ended.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      closed = true;
    } finally {
      ending.unlock();
    }
  }

  private static Duration min(Duration left, Duration right) {
    return left.compareTo(right) <= 0 ? left : right;
  }

  /// Stops the thread and waits for it, a few seconds at most.
  @Override
  public void close() {
    Connection connection;
    ending.lock();
    try {
      closed = true;
      ended.signalAll();
      connection = listening;
    } finally {
      ending.unlock();
    }
    try {
      thread.join(4L * NOTICE_WAIT_MILLIS);
      if (connection != null && thread.isAlive()) {
        // It waits in a read of the socket that nobody answers; this ends it.
        connection.abort(Runnable::run);
        thread.join(TimeUnit.SECONDS.toMillis(5));
      }
    } catch (SQLException e) {
      log.debug("the listening connection was gone already", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
