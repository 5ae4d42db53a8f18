package org.postern.broker.access;

import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Ids of decisions: the broker process, then a sequence. Safe for any thread. */
public final class DecisionIds {
  private static final HexFormat HEX = HexFormat.of();

  private final String prefix;
  private final AtomicLong next = new AtomicLong();

  /** One instance per broker process. */
  public DecisionIds(RandomGenerator random) {
    byte[] process = new byte[4];
    random.nextBytes(process);
    this.prefix = HEX.formatHex(process) + "-";
  }

  /** A new id, such as {@code 3fa90c1e-12}. */
  public String next() {
    return prefix + Long.toHexString(next.incrementAndGet());
  }
}
