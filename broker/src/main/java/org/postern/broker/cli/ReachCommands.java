package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
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
import picocli.CommandLine.Spec;

/** Who reaches what, and what a change does to that. */
final class ReachCommands {
  private ReachCommands() {}

  @Command(
      name = "reach",
      mixinStandardHelpOptions = true,
      description = {
        "Lists what somebody can reach, or who can reach an application, and what would"
            + " be needed where facts are missing."
      },
      footer = {
        "",
        "Example:",
        "  postern admin reach --user alice@example.com --fact platform=linux",
        "  postern admin reach --application payments -f policy.yaml"
      })
  static final class ReachWhat implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Mixin private FactOptions facts = new FactOptions();

    @Option(
        names = "--application",
        paramLabel = "NAME",
        description = "Who can reach this one, instead of what somebody reaches.")
    private @Nullable String application;

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Option(
        names = "--least",
        paramLabel = "ACCESS",
        description = "Only what comes to allowed, step-up, approval or possible (default).")
    private String least = "possible";

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String path = application == null ? "/admin/v1/reach?" : "/admin/v1/who-can-reach?";
      ObjectNode question = body();
      String body = question.toString();
      if (question.has("document")) {
        AdminClient.Answer first = client.post(path + "limit=1", "application/json", body);
        if (first.status() == 422) {
          return PolicyCommands.wrong(connection, spec, files, first);
        }
      }
      ObjectNode all =
          AnalysisCommands.all(
              client, query -> client.post(path + query, "application/json", body));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(all.toPrettyString());
      } else if (application == null) {
        all.path("items").forEach(each -> print(out, each));
        out.println(all.path("items").size() + " applications");
      } else {
        out.print(Table.of(all.path("items"), "kind", "name", "access", "rule", "wouldNeed"));
      }
      out.flush();
      return ExitCode.OK;
    }

    private static void print(PrintWriter out, JsonNode line) {
      out.println(
          "%-9s %s"
              .formatted(
                  line.path("access").asText(),
                  Table.printable(line.path("application").asText())));
      for (JsonNode opening : line.path("openings")) {
        String rule = opening.path("rule").asText();
        List<String> needs = new ArrayList<>();
        opening.path("wouldNeed").forEach(each -> needs.add(Table.printable(each.asText())));
        out.println(
            "            %-9s %s %s %s%s%s"
                .formatted(
                    opening.path("access").asText(),
                    Table.printable(opening.path("host").asText()),
                    opening.path("transport").asText(),
                    opening.path("ports").asText(),
                    rule.isEmpty() ? "" : "  by " + rule,
                    needs.isEmpty() ? "" : "  would need: " + String.join("; ", needs)));
      }
    }

    private ObjectNode body() {
      ObjectNode body = AdminClient.JSON.createObjectNode().put("least", least);
      files.text().ifPresent(text -> body.put("document", text));
      if (application != null) {
        return body.put("application", application);
      }
      if (facts.isAboutNobody()) {
        throw new CommandException(
            ExitCode.WRONG, "say who: --user, --device or --group; or --application for whom");
      }
      facts.put(body);
      return body;
    }
  }

  @Command(
      name = "diff",
      mixinStandardHelpOptions = true,
      description = {
        "Puts two policies beside each other: what differs, and who gains and who loses"
            + " what. Without --from or --to: what is in force."
      },
      footer = {
        "",
        "Example:",
        "  postern admin diff -f policy.yaml",
        "  postern admin diff --from 17 --to 21",
        "Exit code 1: somebody loses access."
      })
  static final class Diff implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Option(names = "--from", paramLabel = "N", description = "A version, as history lists it.")
    private @Nullable Long from;

    @Option(names = "--to", paramLabel = "N", description = "A version, as history lists it.")
    private @Nullable Long to;

    @Override
    public Integer call() {
      ObjectNode body = AdminClient.JSON.createObjectNode();
      files.text().ifPresent(text -> body.put("document", text));
      if (from != null) {
        body.put("from", from);
      }
      if (to != null) {
        body.put("to", to);
      }
      AdminClient client = connection.open();
      AdminClient.Answer answer =
          client.post("/admin/v1/diff", "application/json", body.toString());
      if (answer.status() == 422 && body.has("document")) {
        return PolicyCommands.wrong(connection, spec, files, answer);
      }
      JsonNode diff = client.success(answer);
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(diff.toPrettyString());
      } else {
        HistoryCommands.details(out, diff.path("details"));
        ImpactText.print(out, diff);
        out.println(diff.path("details").size() + " things differ");
      }
      return diff.path("effects").path("loses").isEmpty() ? ExitCode.OK : ExitCode.REFUSED;
    }
  }
}
