package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a document would change, what was changed, and back. */
final class HistoryCommands {
  private static final String NOT_KEPT =
      "its document is no longer kept, so it cannot be brought back; those that can have ROLLBACK"
          + " yes in: postern admin history";
  private static final int LINES_SHOWN = 3;

  private HistoryCommands() {}

  /** Things that change, field by field, as a person reads them. */
  static void details(PrintWriter out, JsonNode details) {
    for (JsonNode change : details) {
      String sign =
          switch (change.path("change").asText()) {
            case "added" -> "+";
            case "removed" -> "-";
            default -> "~";
          };
      out.println(
          "%s %s %s"
              .formatted(
                  sign,
                  change.path("kind").asText(),
                  Table.printable(change.path("name").asText())));
      for (var field : change.path("fields").properties()) {
        line(out, field.getKey(), "-", field.getValue().path("before"));
        line(out, field.getKey(), "+", field.getValue().path("after"));
      }
    }
  }

  private static void line(PrintWriter out, String field, String sign, JsonNode value) {
    if (!value.isNull() && !value.isMissingNode()) {
      out.println("    %s %s: %s".formatted(sign, field, Table.printable(value.asText())));
    }
  }

  @Command(
      name = "plan",
      mixinStandardHelpOptions = true,
      description = {
        "Says what a document would change, field by field, and who would gain and lose"
            + " access. Changes nothing."
      },
      footer = {
        "",
        "Example:",
        "  postern admin plan -f policy.yaml",
        "  postern admin apply -f policy.yaml --if-version 17",
        "Exit code 2: the document is wrong; every mistake is listed with its line."
      })
  static final class Plan implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      AdminClient.Answer answer = client.post("/admin/v1/plan", "application/yaml", files.needed());
      if (answer.status() == 422) {
        return PolicyCommands.wrong(connection, spec, files, answer);
      }
      JsonNode body = client.success(answer);
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(body.toPrettyString());
        return ExitCode.OK;
      }
      details(out, body.path("details"));
      ImpactText.print(out, body);
      int changes = body.path("changes").size();
      out.println(
          changes == 0
              ? "nothing changes; configuration version " + body.path("version").asLong()
              : "%d change%s to configuration version %d"
                  .formatted(changes, changes == 1 ? "" : "s", body.path("version").asLong()));
      return ExitCode.OK;
    }
  }

  @Command(
      name = "history",
      mixinStandardHelpOptions = true,
      description = "Lists versions of the configuration, or shows one with what it changed.",
      footer = {"", "Example:", "  postern admin history 17"})
  static final class History implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "VERSION", description = "One only.")
    private @Nullable Long version;

    @Option(names = "--document", description = "Write the whole document of that version.")
    private boolean document;

    @Override
    public Integer call() {
      if (version == null) {
        return list();
      }
      AdminClient client = connection.open();
      JsonNode body = client.success(client.get("/admin/v1/history/" + version));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(body.toPrettyString());
      } else if (document) {
        if (!body.path("restorable").asBoolean()) {
          throw new CommandException(ExitCode.REFUSED, "version " + version + ": " + NOT_KEPT);
        }
        out.print(body.path("document").asText());
        out.flush();
      } else {
        out.println(
            "version %d by %s at %s %s"
                .formatted(
                    version,
                    body.path("author").asText(),
                    body.path("at").asText(),
                    Table.printable(body.path("message").asText())));
        details(out, body.path("details"));
        if (body.path("details").isEmpty()) {
          body.path("changes").forEach(line -> out.println(Table.printable(line.asText())));
        }
        if (!body.path("restorable").asBoolean()) {
          out.println(NOT_KEPT);
        }
      }
      return ExitCode.OK;
    }

    private int list() {
      JsonNode answer = PeopleCommands.all(connection.open(), "/admin/v1/history");
      if (!connection.json()) {
        answer.path("items").forEach(item -> shorten((ObjectNode) item));
      }
      return PeopleCommands.print(
          connection, spec, answer, "version", "at", "author", "message", "rollback", "changes");
    }

    /** A change of many things is told in full by {@code history VERSION}. */
    private static void shorten(ObjectNode item) {
      List<String> lines = new ArrayList<>();
      item.path("changes").forEach(line -> lines.add(line.asText()));
      item.put("rollback", item.path("restorable").asBoolean() ? "yes" : "not kept");
      if (lines.size() > LINES_SHOWN) {
        ArrayNode few = item.putArray("changes");
        lines.subList(0, LINES_SHOWN).forEach(few::add);
        few.add("and more: postern admin history " + item.path("version").asText());
      }
    }
  }

  @Command(
      name = "rollback",
      mixinStandardHelpOptions = true,
      description =
          "Makes the configuration what it was at a version. That is a change of its own.",
      footer = {"", "Example:", "  postern admin rollback 17 --dry-run"})
  static final class Rollback implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "VERSION", description = "As history lists it.")
    private long version;

    @Option(names = "--dry-run", description = "Only say what would change.")
    private boolean dryRun;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query = "/rollback?dry_run=" + (dryRun ? 1 : 0);
      JsonNode body =
          client.success(client.post("/admin/v1/history/" + version + query, "text/plain", ""));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(body.toPrettyString());
      } else if (body.has("change")) {
        out.println("waits for a second person as change " + body.path("change").asText());
      } else {
        details(out, body.path("details"));
        ImpactText.print(out, body);
        out.println("configuration version " + body.path("version").asLong());
      }
      return ExitCode.OK;
    }
  }
}
