package org.postern.broker.scim;

import java.util.ArrayList;
import java.util.List;
import org.postern.policystore.audit.AuditEvent;
import org.postern.policystore.audit.AuditLog;

/**
 * Writes the events of many requests at once: the log has one end, at which single writers would
 * stand in line. Whoever finds nobody writing writes for all who wait. Any thread but event loops.
 */
final class AuditBatch {
  private final AuditLog log;
  private List<AuditEvent> waiting = new ArrayList<>();
  private long added;
  private long written;
  private boolean writing;
  private long failedUpTo;

  AuditBatch(AuditLog log) {
    this.log = log;
  }

  /**
   * Returns when the event is in the log.
   *
   * @throws IllegalStateException if it cannot be written
   */
  void record(AuditEvent event) {
    try {
      write(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the audit log was written", e);
    }
  }

  private void write(AuditEvent event) throws InterruptedException {
    List<AuditEvent> mine;
    long upTo;
    synchronized (this) {
      waiting.add(event);
      long number = ++added;
      while (writing && written < number) {
        wait();
      }
      if (written >= number) {
        if (failedUpTo >= number) {
          throw new IllegalStateException("the audit log cannot be written");
        }
        return;
      }
      writing = true;
      mine = waiting;
      waiting = new ArrayList<>();
      upTo = added;
    }
    boolean done = false;
    try {
      log.recordAll(mine);
      done = true;
    } finally {
      finish(upTo, done);
    }
  }

  private synchronized void finish(long upTo, boolean done) {
    written = upTo;
    if (!done) {
      failedUpTo = upTo;
    }
    writing = false;
    notifyAll();
  }
}
