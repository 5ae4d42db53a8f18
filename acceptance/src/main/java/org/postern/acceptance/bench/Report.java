package org.postern.acceptance.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** What a run prints at its end, and writes for machines. */
record Report(List<Figure> figures) {
  /** A table for people, then one line per figure. */
  void print(PrintStream out) {
    int width = figures.stream().mapToInt(figure -> figure.name().length()).max().orElse(10);
    out.println();
    for (Figure figure : figures) {
      String beside =
          figure.peer() == null
              ? ""
              : "%8s x %s".formatted(Figure.number(figure.ratio()), figure.peer());
      out.printf(
          "  %-" + width + "s %12s %-8s %-28s %s%n",
          figure.name(),
          Figure.number(figure.value()),
          figure.unit(),
          beside,
          Targets.of(figure).map(target -> target.verdict(figure)).orElse(""));
    }
    out.println();
    figures.forEach(figure -> out.println(figure.line()));
  }

  /**
   * An array of objects with the fields of {@link Figure}; peer and ratio are left out when a
   * figure stands alone, target when nothing is promised.
   */
  void write(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ArrayNode all = json.createArrayNode();
    for (Figure figure : figures) {
      ObjectNode one = all.addObject();
      one.put("name", figure.name()).put("value", figure.value()).put("unit", figure.unit());
      Targets.of(figure).ifPresent(target -> one.put("target", target.verdict(figure)));
      if (figure.peer() != null) {
        one.put("peer", figure.peer()).put("ratio", figure.ratio());
      }
    }
    json.writeValue(file.toFile(), all);
  }
}
