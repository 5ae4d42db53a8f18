package org.postern.acceptance.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One property of all contenders, where one of them is the subject and the others are its peers.
 */
final class Comparison {
  private final String benchmark;
  private final String property;
  private final String unit;
  private final String subject;
  private final Map<String, Double> values = new LinkedHashMap<>();

  Comparison(String benchmark, String property, String unit, String subject) {
    this.benchmark = benchmark;
    this.property = property;
    this.unit = unit;
    this.subject = subject;
  }

  void add(String contender, double value) {
    values.put(contender, value);
  }

  /** The peers alone, then the subject beside each of them. */
  List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    Double own = values.get(subject);
    values.forEach((contender, value) -> {
      if (!contender.equals(subject)) {
        figures.add(Figure.alone(name(contender), value, unit));
      }
    });
    if (own == null) {
      return figures;
    }
    Figure alone = Figure.alone(name(subject), own, unit);
    List<Figure> beside =
        values.entrySet().stream()
            // Nothing is a multiple of nothing.
            .filter(each -> !each.getKey().equals(subject) && each.getValue() != 0)
            .map(each -> alone.against(each.getKey(), each.getValue()))
            .toList();
    figures.addAll(beside.isEmpty() ? List.of(alone) : beside);
    return figures;
  }

  /** The subject's figure beside its own in another comparison; empty when either has none. */
  List<Figure> beside(String label, Comparison other) {
    Double own = values.get(subject);
    Double others = other.values.get(subject);
    return own == null || others == null
        ? List.of()
        : List.of(Figure.alone(name(subject), own, unit).against(label, others));
  }

  private String name(String contender) {
    return benchmark + "." + contender + "." + property;
  }
}
