package org.postern.policystore;

import java.util.Arrays;
import java.util.stream.LongStream;

/// The seeds that a random test is run with: its own, and those with which it once found something.
/// `-Dpostern.test.seeds=20` adds as many that nobody has seen, `-Dpostern.test.seed=N` runs that
/// one alone.
public final class TestSeeds {
  private static final String ALONE = "postern.test.seed";
  private static final String MORE = "postern.test.seeds";

  private TestSeeds() {}

  /// A test's seeds.
  ///
  /// @param own first
  /// @param found with these something was wrong once
  public static LongStream of(long own, long... found) {
    Long alone = Long.getLong(ALONE);
    if (alone != null) {
      return LongStream.of(alone);
    }
    long first = System.nanoTime();
    return LongStream.concat(
        LongStream.concat(LongStream.of(own), Arrays.stream(found)),
        LongStream.range(first, first + Integer.getInteger(MORE, 0)));
  }
}
