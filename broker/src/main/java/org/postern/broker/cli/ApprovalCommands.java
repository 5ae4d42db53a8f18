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

/** Access for a time. */
@Command(
    name = "approval",
    mixinStandardHelpOptions = true,
    description = "Requests for access, and approvals of them for a time.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {"", "Example:", "  postern admin approval approve q-0123 --for 1h --note ticket-77"})
final class ApprovalCommands extends PeopleCommands.Things {
  private static final String REQUESTS = "/admin/v1/access-requests";
  @Spec private @Nullable CommandSpec own;

  ApprovalCommands() {
    super("approvals");
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists approvals.")
  int list(@Mixin Connection connection) {
    return show(connection, "id", "userId", "application", "approvedBy", "until", "state");
  }

  @Command(name = "requests", mixinStandardHelpOptions = true, description = "Lists requests.")
  int requests(@Mixin Connection connection) {
    return PeopleCommands.list(
        connection,
        own,
        REQUESTS,
        "id",
        "state",
        "user",
        "application",
        "reason",
        "seconds",
        "createdAt");
  }

  @Command(
      name = "request",
      mixinStandardHelpOptions = true,
      description = "Asks for access on behalf of a user.")
  int request(
      @Mixin Connection connection,
      @Option(names = "--user", required = true, paramLabel = "EMAIL", description = "For whom.")
          String user,
      @Option(
              names = "--application",
              required = true,
              paramLabel = "NAME",
              description = "To what.")
          String application,
      @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why.")
          String reason,
      @Option(
              names = "--for",
              paramLabel = "TIME",
              defaultValue = "1h",
              description = "How long (default: ${DEFAULT-VALUE}).")
          String time) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    body.put("user", user).put("application", application).put("reason", reason);
    body.put("seconds", KeyCommands.seconds(time));
    AdminClient client = connection.open();
    JsonNode answer = client.success(client.post(REQUESTS, "application/json", body.toString()));
    Output.of(own)
        .println(connection.json() ? answer.toPrettyString() : answer.path("id").asText());
    return ExitCode.OK;
  }

  @Command(
      name = "approve",
      mixinStandardHelpOptions = true,
      description = "Approves a request; it ends by itself and cuts.")
  int approve(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the request.") String id,
      @Option(names = "--for", paramLabel = "TIME", description = "None: as asked for.")
          @Nullable String time,
      @Option(names = "--note", paramLabel = "TEXT", description = "For the log.")
          @Nullable String note) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    if (time != null) {
      body.put("seconds", KeyCommands.seconds(time));
    }
    body.put("note", note == null ? "" : note);
    return decide(connection, id, "approve", body);
  }

  @Command(name = "refuse", mixinStandardHelpOptions = true, description = "Refuses a request.")
  int refuse(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the request.") String id) {
    return decide(connection, id, "refuse", AdminClient.JSON.createObjectNode());
  }

  private int decide(Connection connection, String id, String how, ObjectNode body) {
    String path = REQUESTS + "/" + AdminClient.encode(id) + "/" + how;
    return PeopleCommands.change(
        connection, own, client -> client.post(path, "application/json", body.toString()));
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "Takes an approval back and cuts its flows.")
  int revoke(
      @Mixin Connection connection,
      @Parameters(paramLabel = "ID", description = "Of the approval.") String id) {
    return delete(connection, id);
  }
}
