package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Decisions that were made, and that would be made. */
@Command(
    name = "decision",
    mixinStandardHelpOptions = true,
    description = "Decisions that were made, by the id that the person saw.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {"", "Example:", "  postern admin decision show 3fa90c1e-12"})
final class DecisionCommands extends PeopleCommands.Things {
  @Spec private @Nullable CommandSpec own;

  DecisionCommands() {
    super("decisions");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the newest.")
  int list(@Mixin Connection connection) {
    return PeopleCommands.newest(
        connection,
        own,
        "/admin/v1/decisions",
        "id",
        "at",
        "user",
        "host",
        "port",
        "outcome",
        "reason",
        "rule");
  }

  @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one with its why.")
  int show(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the decision.") String id) {
    AdminClient client = connection.open();
    JsonNode body = client.success(client.get("/admin/v1/decisions/" + AdminClient.encode(id)));
    PrintWriter out = Output.of(own);
    if (connection.json()) {
      out.println(body.toPrettyString());
      return ExitCode.OK;
    }
    out.println(
        "%s at %s: %s asked for %s:%s"
            .formatted(
                id,
                body.path("at").asText(),
                Table.printable(body.path("user").asText()),
                Table.printable(body.path("host").asText()),
                body.path("port").asText()));
    why(out, body.path("why"));
    return ExitCode.OK;
  }

  /** An explanation as a person reads it. */
  private static void why(PrintWriter out, JsonNode why) {
    String rule = why.path("rule").asText();
    out.println(
        "%s%s%s"
            .formatted(
                why.path("outcome").asText(),
                rule.isEmpty() ? "" : " by rule " + rule,
                why.path("reason").asText().isEmpty()
                    ? ""
                    : " (" + why.path("reason").asText() + ")"));
    for (JsonNode fact : why.path("missingFacts")) {
      out.println("  not known: " + Table.printable(fact.asText()));
    }
    for (JsonNode each : why.path("trace")) {
      out.println(
          "  %-10s %s matches: %s"
              .formatted(
                  each.path("role").asText(),
                  each.path("rule").asText(),
                  each.path("matches").asText()));
      for (JsonNode condition : each.path("conditions")) {
        out.println(
            "      %-8s %s  [%s]"
                .formatted(
                    condition.path("holds").asText(),
                    Table.printable(condition.path("condition").asText()),
                    condition.path("fact").isNull()
                        ? "not known"
                        : Table.printable(condition.path("fact").asText())));
      }
    }
  }

  /** Whom a question turned out to be about, and by which facts. */
  private static void about(PrintWriter out, JsonNode body) {
    String device = body.path("device").asText();
    out.println(
        "asked of %s on %s with %s"
            .formatted(
                body.path("user").asText().isEmpty()
                    ? "somebody made up"
                    : "user " + Table.printable(body.path("user").asText()),
                device.isEmpty() ? "a device of which nothing is known" : "device " + device,
                Table.printable(body.path("knownFacts").toString())));
  }

  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      description = "Asks the engine what it would answer now, and why, rule by rule.",
      footer = {
        "",
        "Example:",
        "  postern admin check payments.corp.internal:443 --user alice@example.com",
        "  postern admin check payments.corp.internal:443 -f policy.yaml --group staff \\",
        "    --fact platform=linux --posture managed-laptop=true --method otp",
        "Exit code 0: allowed, 1: not allowed."
      })
  static final class Check implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "HOST:PORT", description = "What is asked for.")
    private String target = "";

    @Mixin private FactOptions facts = new FactOptions();

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      ObjectNode question = body();
      AdminClient.Answer answer =
          client.post("/admin/v1/check", "application/json", question.toString());
      if (question.has("document") && answer.status() == 422) {
        return PolicyCommands.wrong(connection, spec, files, answer);
      }
      JsonNode body = client.success(answer);
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(body.toPrettyString());
      } else {
        why(out, body);
        about(out, body);
      }
      return body.path("outcome").asText().equals("allow") ? ExitCode.OK : ExitCode.REFUSED;
    }

    private ObjectNode body() {
      int colon = target.lastIndexOf(':');
      if (colon < 1 || !target.substring(colon + 1).matches("[0-9]{1,5}")) {
        throw new CommandException(ExitCode.WRONG, target + " is not HOST:PORT");
      }
      String host = target.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      } else if (host.indexOf(':') >= 0) {
        throw new CommandException(
            ExitCode.WRONG, target + ": an IPv6 address needs brackets (expected: [ADDRESS]:PORT)");
      }
      ObjectNode body = AdminClient.JSON.createObjectNode();
      body.put("host", host);
      body.put("port", Integer.parseInt(target.substring(colon + 1)));
      files.text().ifPresent(text -> body.put("document", text));
      facts.put(body);
      return body;
    }
  }
}
