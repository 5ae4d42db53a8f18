package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How risky users and devices are. */
@Command(
    name = "risk",
    mixinStandardHelpOptions = true,
    description = "How risky users and devices are held to be; rules ask for it with risks.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {
      "",
      "Example:",
      "  postern admin risk set high --user alice@example.com \\",
      "    --expires 8h --reason ticket-77"
    })
final class RiskCommands extends PeopleCommands.Things {
  private static final String RISKS = "/admin/v1/risks";
  @Spec private @Nullable CommandSpec own;

  RiskCommands() {
    super("risks");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists what is said now, by administrators and by signal streams.")
  int list(@Mixin Connection connection) {
    return show(
        connection, "id", "kind", "of", "user", "level", "source", "reason", "setBy", "expires");
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description = {
        "Says how risky a user or a device is. Live flows are decided again at once.",
        "An administrator's word holds over that of signal streams."
      })
  int set(
      @Mixin Connection connection,
      @Parameters(paramLabel = "LEVEL", description = "low, medium, high or critical.")
          String level,
      @Option(names = "--user", paramLabel = "USER", description = "E-mail address or id.")
          @Nullable String user,
      @Option(names = "--device", paramLabel = "ID", description = "Of a device.")
          @Nullable String device,
      @Option(
              names = "--expires",
              paramLabel = "TIME",
              description = "From when on it does not count, as in 8h. None: until cleared.")
          @Nullable String expires,
      @Option(names = "--reason", paramLabel = "TEXT", description = "For the list and the log.")
          @Nullable String reason) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    body.put("level", level);
    if (user != null) {
      body.put("user", user);
    }
    if (device != null) {
      body.put("device", device);
    }
    if (expires != null) {
      body.put("seconds", KeyCommands.seconds(expires));
    }
    body.put("reason", reason == null ? "" : reason);
    AdminClient client = connection.open();
    JsonNode answer = client.success(client.post(RISKS, "application/json", body.toString()));
    Output.of(own)
        .println(
            connection.json()
                ? answer.toPrettyString()
                : "risk of %s %s is %s now (%s)"
                    .formatted(
                        answer.path("kind").asText(),
                        answer.path("of").asText(),
                        answer.path("level").asText(),
                        answer.path("id").asText()));
    return ExitCode.OK;
  }

  @Command(
      name = "clear",
      mixinStandardHelpOptions = true,
      description = "Takes a word back, whoever said it.")
  int clear(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "From postern admin risk list.") String id) {
    return delete(connection, id);
  }
}
