package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.postern.policystore.ShownText;

/** Items of an answer as columns that line up. */
final class Table {
  private static final String GAP = "  ";

  private Table() {}

  /** One line for the headings and one for each item; a word when there is none. */
  static String of(JsonNode items, String... columns) {
    if (items.isEmpty()) {
      return "none\n";
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(headings(columns));
    for (JsonNode item : items) {
      String[] row = new String[columns.length];
      for (int i = 0; i < columns.length; i++) {
        row[i] = printable(text(item.path(columns[i])));
      }
      rows.add(row);
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(row[i]).append(" ".repeat(width(rows, i) - row[i].length())).append(GAP);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String text(JsonNode value) {
    if (!value.isArray()) {
      return value.isNull() ? "" : value.asText();
    }
    List<String> texts = new ArrayList<>();
    value.forEach(each -> texts.add(each.asText()));
    return String.join(", ", texts);
  }

  /** Names come from peers; a terminal must not obey them. */
  static String printable(String text) {
    return ShownText.of(text).replace('\uFFFD', '?');
  }

  private static String[] headings(String[] columns) {
    String[] row = new String[columns.length];
    for (int i = 0; i < columns.length; i++) {
      row[i] = columns[i].replaceAll("([A-Z])", " $1").toUpperCase(java.util.Locale.ROOT);
    }
    return row;
  }

  private static int width(List<String[]> rows, int column) {
    return rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
  }
}
