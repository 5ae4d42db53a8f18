package org.postern.acceptance.bench;

import java.util.Collection;

/** Something whose processes hold many idle things of one kind. */
public interface IdleHolder {
  /** As in figures, program first: {@code haproxy-tls.connection}. */
  String label();

  /** Brings it up with none; what it starts belongs to the run. */
  Held open(BenchRun run) throws Exception;

  /** The things that are held now. */
  interface Held {
    /** Adds until there are so many, and returns when all are established. */
    void growTo(int count) throws Exception;

    /** The processes whose memory counts. */
    Collection<Long> pids();
  }
}
