package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Changes that wait for a second person. */
@Command(
    name = "change",
    mixinStandardHelpOptions = true,
    description = "Changes that wait for a second person.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {"", "Example:", "  postern admin change approve g-0123"})
final class ChangeCommands extends PeopleCommands.Things {
  @Spec private @Nullable CommandSpec own;

  ChangeCommands() {
    super("changes");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
  int list(@Mixin Connection connection) {
    return show(connection, "id", "state", "author", "createdAt", "expiresAt", "message");
  }

  @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one.")
  int show(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the change.") String id) {
    AdminClient client = connection.open();
    JsonNode body = client.success(client.get("/admin/v1/changes/" + AdminClient.encode(id)));
    Output.of(own).println(body.toPrettyString());
    return ExitCode.OK;
  }

  @Command(
      name = "approve",
      mixinStandardHelpOptions = true,
      description = "Approves a change of somebody else and applies it.")
  int approve(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the change.") String id) {
    return post(connection, id, "approve");
  }

  @Command(name = "refuse", mixinStandardHelpOptions = true, description = "Refuses a change.")
  int refuse(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the change.") String id) {
    return post(connection, id, "refuse");
  }

  @Command(
      name = "four-eyes",
      mixinStandardHelpOptions = true,
      description = "Shows or says which kinds of the policy need a second person.",
      footer = {"", "Example:", "  postern admin four-eyes --kind rules --kind identity-providers"})
  static final class FourEyes implements Callable<Integer> {
    private static final String PATH = "/admin/v1/settings/four-eyes";

    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = "--kind",
        paramLabel = "KIND",
        description = "Needs a second person; may be repeated; * for all.")
    private List<String> kinds = List.of();

    @Option(names = "--off", description = "No kind needs a second person.")
    private boolean off;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      ObjectNode body = AdminClient.JSON.createObjectNode();
      ArrayNode list = body.putArray("kinds");
      kinds.forEach(list::add);
      JsonNode answer =
          client.success(
              kinds.isEmpty() && !off
                  ? client.get(PATH)
                  : client.send("PUT", PATH, "application/json", body.toString()));
      Output.of(spec).println(answer.toPrettyString());
      return ExitCode.OK;
    }
  }
}
