package org.postern.acceptance.bench;

/** Something whose processes hold many idle things of one kind. */
public interface IdleHolder {
  /** As in figures, program first: {@code haproxy-tls.connection}. */
  String label();

  /** How many things are held at each look. */
  Sizes sizes();

  /** Brings it up with none; what it starts belongs to the run. */
  Held open(BenchRun run) throws Exception;

  /**
   * The looks at it.
   *
   * @param first so many that what is made once is there; not counted
   * @param small of the first slope
   * @param large of the second slope
   */
  record Sizes(int first, int small, int large) {}

  /** The things that are held now. */
  interface Held {
    /** Adds until there are so many, and returns when all are established. */
    void growTo(int count) throws Exception;

    /** What the processes hold in memory now, whatever they still do. */
    long residentBytes() throws Exception;

    /** What they hold when they rest: bounded, and the same where nothing has to be waited for. */
    default long restingBytes() throws Exception {
      return residentBytes();
    }
  }
}
