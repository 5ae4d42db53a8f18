package org.postern.policystore.audit;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What one entry of the audit log says of a change of many things: how many of which kind, the
/// first of them, how many it leaves out and where they are found, and a digest of all.
public final class ChangeSummary {
  /// How many changes one entry names.
  public static final int CHANGES_MAX = 100;

  /// How many characters these may have together.
  public static final int CHARACTERS_MAX = 6_000;

  private ChangeSummary() {}

  /// The fields of the entry: `count` and `counts` of all changes, the first `changes`, and
  /// `digest`, the SHA-256 of all lines with a line break between them.
  ///
  /// @param lines one for each change, as in `application wiki: added`
  /// @param whole where all of them are found, in words
  public static Map<String, String> of(List<String> lines, String whole) {
    StringBuilder named = new StringBuilder();
    int count = 0;
    while (count < Math.min(lines.size(), CHANGES_MAX)
        && named.length() + lines.get(count).length() + 2 <= CHARACTERS_MAX) {
      named.append(count == 0 ? "" : "; ").append(lines.get(count));
      count++;
    }
    if (count < lines.size()) {
      named.append("; and %d more; all of them: %s".formatted(lines.size() - count, whole));
    }
    Map<String, Long> counts =
        lines.stream()
            .collect(
                Collectors.groupingBy(ChangeSummary::word, TreeMap::new, Collectors.counting()));
    return Map.of(
        "changes",
        named.toString(),
        "count",
        Integer.toString(lines.size()),
        "counts",
        counts.entrySet().stream()
            .map(each -> each.getValue() + " " + each.getKey())
            .collect(Collectors.joining(", ")),
        "digest",
        Digest.sha256(String.join("\n", lines)));
  }

  private static String word(String line) {
    int colon = line.lastIndexOf(": ");
    return colon < 0 ? line : line.substring(colon + 2);
  }
}
