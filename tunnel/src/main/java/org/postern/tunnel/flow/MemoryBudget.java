package org.postern.tunnel.flow;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all flows of one process may hold in memory together, in bytes. Shared by all endpoints;
 * safe for any thread.
 *
 * <p>Bytes kept for replay, and bytes received that wait for the local end, are always counted
 * ({@link #charge}). While the count is above the limit, no window grows and no flow reads more
 * from its local end than its first {@link FlowLimits#windowInitialBytes()}: the excess is bounded
 * by the number of flows times that.
 */
public final class MemoryBudget {
  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();
  private final AtomicLong peakBytes = new AtomicLong();

  /** With the limit in bytes. */
  public MemoryBudget(long limitBytes) {
    if (limitBytes <= 0) {
      throw new IllegalArgumentException("memory limit: %d (expected: > 0)".formatted(limitBytes));
    }
    this.limitBytes = limitBytes;
  }

  /** The limit in bytes. */
  public long limitBytes() {
    return limitBytes;
  }

  /** Bytes counted now. */
  public long usedBytes() {
    return usedBytes.get();
  }

  /** The most that was ever counted. */
  public long peakBytes() {
    return peakBytes.get();
  }

  boolean hasRoom() {
    return usedBytes.get() < limitBytes;
  }

  /** Counts bytes if they fit below the limit. */
  boolean tryReserve(long bytes) {
    while (true) {
      long used = usedBytes.get();
      if (used + bytes > limitBytes) {
        return false;
      }
      if (usedBytes.compareAndSet(used, used + bytes)) {
        notePeak(used + bytes);
        return true;
      }
    }
  }

  /** Counts bytes that are there whatever the limit says. */
  void charge(long bytes) {
    notePeak(usedBytes.addAndGet(bytes));
  }

  /** Takes back bytes counted by {@link #tryReserve} or {@link #charge}. */
  void release(long bytes) {
    long left = usedBytes.addAndGet(-bytes);
    assert left >= 0 : left;
  }

  private void notePeak(long used) {
    if (used > peakBytes.get()) {
      peakBytes.accumulateAndGet(used, Math::max);
    }
  }
}
