package org.postern.policystore.decision;

import java.util.Arrays;

/// Which rules are about which application: for each a row of bits, one for each rule, sixty-four
/// in a word, of which only the words with a bit in them are kept. Rules about every application
/// have one row for all.
///
/// ```
/// places[application] -> | which words of the row follow, one bit each | those words, in order |
///                        |<-------------- blocks longs --------------->|
/// ```
///
/// Most applications are named by a few rules among thousands, so a row is one line of the
/// processor's cache.
final class RuleRows {
  final int words;
  private final int blocks;
  private final long[] everywhere;
  private final long[] everywhereWords;
  private final int[] places;
  private final long[] rows;

  private RuleRows(Builder builder) {
    this.words = builder.words;
    this.blocks = blocks(words);
    this.everywhere = builder.everywhere;
    this.everywhereWords = new long[blocks];
    for (int word = 0; word < words; word++) {
      if (everywhere[word] != 0) {
        everywhereWords[word >>> 6] |= 1L << word;
      }
    }
    int applications = builder.kept.length;
    this.places = new int[applications];
    int length = 0;
    for (int application = 0; application < applications; application++) {
      places[application] = length;
      length = Math.addExact(length, blocks + builder.counts[application]);
    }
    this.rows = new long[length];
    for (int application = 0; application < applications; application++) {
      int count = builder.counts[application];
      int at = places[application] + blocks;
      for (int i = 0; i < count; i++) {
        int word = builder.numbers[application][i];
        rows[places[application] + (word >>> 6)] |= 1L << word;
        rows[at + i] = builder.kept[application][i];
      }
    }
  }

  private static int blocks(int words) {
    return (words + 63) >>> 6;
  }

  /// The first word, from one on, in which a rule is about one of the matching applications; the
  /// number of words if there is none.
  ///
  /// @param matching which of the entry's applications are meant, as bits
  int next(HostEntry entry, long matching, int from) {
    long mask = -1L << from;
    for (int block = from >>> 6; block < blocks; block++) {
      long some = everywhereWords[block];
      for (long rest = matching; rest != 0; rest &= rest - 1) {
        int application = entry.applications[Long.numberOfTrailingZeros(rest)].index;
        some |= rows[places[application] + block];
      }
      some &= mask;
      if (some != 0) {
        return (block << 6) + Long.numberOfTrailingZeros(some);
      }
      mask = -1;
    }
    return words;
  }

  /// Sixty-four rules that are about an application.
  long word(CompiledApplication application, int word) {
    int place = places[application.index];
    int block = word >>> 6;
    long some = rows[place + block];
    if ((some & 1L << word) == 0) {
      return everywhere[word];
    }
    int before = Long.bitCount(some & ((1L << word) - 1));
    for (int i = 0; i < block; i++) {
      before += Long.bitCount(rows[place + i]);
    }
    return everywhere[word] | rows[place + blocks + before];
  }

  /// Takes rules in their order.
  static final class Builder {
    private static final int[] NO_NUMBERS = {};
    private static final long[] NO_WORDS = {};

    private final int words;
    private final long[] everywhere;
    private final int[] counts;
    private final int[][] numbers;
    private final long[][] kept;

    Builder(int rules, int applications) {
      this.words = (rules + 63) >>> 6;
      this.everywhere = new long[words];
      this.counts = new int[applications];
      this.numbers = new int[applications][];
      this.kept = new long[applications][];
      Arrays.fill(numbers, NO_NUMBERS);
      Arrays.fill(kept, NO_WORDS);
    }

    void everywhere(int rule) {
      everywhere[rule >>> 6] |= 1L << rule;
    }

    /// Must not come after a later rule of the same application.
    void add(int rule, CompiledApplication application) {
      int of = application.index;
      int word = rule >>> 6;
      int count = counts[of];
      if (count == 0 || numbers[of][count - 1] != word) {
        if (count == kept[of].length) {
          numbers[of] = Arrays.copyOf(numbers[of], 2 * count + 1);
          kept[of] = Arrays.copyOf(kept[of], 2 * count + 1);
        }
        numbers[of][count] = word;
        counts[of] = ++count;
      }
      kept[of][count - 1] |= 1L << rule;
    }

    RuleRows build() {
      return new RuleRows(this);
    }
  }
}
