package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the policy means as a whole. */
final class AnalysisCommands {
  private static final int PAGE = 1_000;

  private AnalysisCommands() {}

  /**
   * All pages of a list as one.
   *
   * @param page asks for one, with the query that says which
   */
  static ObjectNode all(AdminClient client, Function<String, AdminClient.Answer> page) {
    ArrayNode items = AdminClient.JSON.createArrayNode();
    String cursor = "";
    ObjectNode whole;
    do {
      String query = "limit=" + PAGE + (cursor.isEmpty() ? "" : "&cursor=" + cursor);
      whole = (ObjectNode) client.success(page.apply(query));
      whole.path("items").forEach(items::add);
      cursor = whole.path("nextCursor").asText();
    } while (!cursor.isEmpty());
    whole.set("items", items);
    whole.remove("nextCursor");
    return whole;
  }

  @Command(
      name = "lint",
      mixinStandardHelpOptions = true,
      description = {
        "Says what looks wrong with the policy, or with a document over it: rules that"
            + " are shadowed, contradicted or never hit, posture that leaves a platform"
            + " uncovered, very wide patterns, groups with one connector."
      },
      footer = {
        "",
        "Example:",
        "  postern admin lint -f policy.yaml --kind shadowed",
        "Exit code 1: there are findings."
      })
  static final class LintPolicy implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Option(
        names = "--kind",
        paramLabel = "KIND",
        description =
            "shadowed, contradicting, never-hit, uncovered-platform, wide, single-connector or"
                + " empty-group.")
    private @Nullable String kind;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String path = "/admin/v1/lint?";
      String filter = kind == null ? "" : "&kind=" + AdminClient.encode(kind);
      String document = files.text().orElse("");
      if (!document.isEmpty()) {
        AdminClient.Answer first =
            client.post(path + "limit=1" + filter, "application/yaml", document);
        if (first.status() == 422) {
          return PolicyCommands.wrong(connection, spec, files, first);
        }
      }
      ObjectNode found =
          all(
              client,
              query ->
                  document.isEmpty()
                      ? client.get(path + query + filter)
                      : client.post(path + query + filter, "application/yaml", document));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(found.toPrettyString());
      } else {
        for (JsonNode each : found.path("items")) {
          out.println(
              each.path("kind").asText() + ": " + Table.printable(each.path("text").asText()));
        }
        out.println(found.path("items").size() + " findings");
      }
      return found.path("items").isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }
  }

  @Command(
      name = "rules",
      mixinStandardHelpOptions = true,
      description = {
        "Lists what each rule did: decisions that it made (hits), that it would have"
            + " made while it only reports (reports) and how many of these would have changed"
            + " the answer (changes)."
      },
      footer = {"", "Example:", "  postern admin rules --idle"})
  static final class RuleCounts implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--idle", description = "Only rules that never did anything.")
    private boolean idle;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      ObjectNode rules = all(client, query -> client.get("/admin/v1/rule-counts?" + query));
      if (idle) {
        ArrayNode kept = AdminClient.JSON.createArrayNode();
        rules
            .path("items")
            .forEach(each -> {
              if (each.path("lastHit").isNull()) {
                kept.add(each);
              }
            });
        rules.set("items", kept);
      }
      PrintWriter out = Output.of(spec);
      out.print(
          connection.json()
              ? rules.toPrettyString() + "\n"
              : Table.of(
                  rules.path("items"),
                  "name",
                  "kind",
                  "mode",
                  "hits",
                  "reports",
                  "changes",
                  "lastHit"));
      out.flush();
      return ExitCode.OK;
    }
  }
}
