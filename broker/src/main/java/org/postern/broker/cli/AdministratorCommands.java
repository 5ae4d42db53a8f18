package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** People who administer, on the command line. */
@Command(
    name = "administrator",
    mixinStandardHelpOptions = true,
    description = "People who administer: list, invite, link, disable, enable, reset.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {
      "",
      "Example:",
      "  postern admin administrator invite bob@example.com --role auditor"
    })
final class AdministratorCommands {
  private static final String PATH = "/admin/v1/administrators";
  private static final String JSON = "application/json";

  @Spec private @Nullable CommandSpec spec;

  AdministratorCommands() {}

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
  int list(@Mixin Connection connection) {
    return PeopleCommands.list(
        connection, spec, PATH, "name", "role", "state", "passkeys", "password", "lastSeen");
  }

  @Command(
      name = "invite",
      mixinStandardHelpOptions = true,
      description = "Makes a one-time code with which somebody becomes an administrator.",
      footer = {
        "",
        "Example:",
        "  postern admin administrator invite bob@example.com \\",
        "    --role policy-editor --expires 2d"
      })
  int invite(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "E-mail address or another name.") String name,
      @Option(
              names = "--role",
              required = true,
              paramLabel = "ROLE",
              description = "owner, policy-editor, operator, approver, auditor, or one of yours.")
          String role,
      @Option(
              names = "--expires",
              defaultValue = "24h",
              paramLabel = "DURATION",
              description = "How long the code can be used, at most 7d (default: 24h).")
          String expires) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    body.put("name", name).put("role", role).put("expiresSeconds", KeyCommands.seconds(expires));
    AdminClient client = connection.open();
    return code(connection, client.success(client.post(PATH, JSON, body.toString())));
  }

  private int code(Connection connection, JsonNode answer) {
    PrintWriter out = Output.of(spec);
    if (connection.json()) {
      out.println(answer.toPrettyString());
      return ExitCode.OK;
    }
    out.println(answer.path("code").asText());
    Output.errors(spec)
        .println(
            "%s opens %s and types this code, once, before %s"
                .formatted(
                    Table.printable(answer.path("name").asText()),
                    answer.path("url").asText(),
                    answer.path("expires").asText()));
    return ExitCode.OK;
  }

  private int change(Connection connection, String name, String verb) {
    return PeopleCommands.change(
        connection,
        spec,
        client -> client.post(PATH + "/" + AdminClient.encode(name) + "/" + verb, JSON, ""));
  }

  @Command(
      name = "disable",
      mixinStandardHelpOptions = true,
      description = "Shuts an administrator out; sessions and tokens end at once.")
  int disable(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the administrator.") String name) {
    return change(connection, name, "disable");
  }

  @Command(
      name = "enable",
      mixinStandardHelpOptions = true,
      description = "Lets an administrator in again.")
  int enable(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the administrator.") String name) {
    return change(connection, name, "enable");
  }

  @Command(
      name = "link",
      mixinStandardHelpOptions = true,
      description = {
        "Says which user of applications an administrator is: nobody approves his own"
            + " request. Without --user: none."
      },
      footer = {"", "Example:", "  postern admin administrator link bob --user bob@example.com"})
  int link(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the administrator.") String name,
      @Option(names = "--user", paramLabel = "EMAIL", description = "E-mail address or id.")
          @Nullable String user) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    body.put("user", user == null ? "" : user);
    return PeopleCommands.change(
        connection,
        spec,
        client ->
            client.send(
                "PUT", PATH + "/" + AdminClient.encode(name) + "/user", JSON, body.toString()));
  }

  @Command(
      name = "reset",
      mixinStandardHelpOptions = true,
      description = "Takes credentials and sessions away, and makes a one-time code for new ones.")
  int reset(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the administrator.") String name) {
    AdminClient client = connection.open();
    return code(
        connection,
        client.success(client.post(PATH + "/" + AdminClient.encode(name) + "/reset", JSON, "{}")));
  }
}
