package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
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

/** Who administers: tokens, roles, API clients. */
final class AccessCommands {
  private AccessCommands() {}

  /** The secret alone on standard output, so that it can go straight into a file. */
  private static Integer secret(
      Connection connection, @Nullable CommandSpec spec, JsonNode answer, String field) {
    if (connection.json()) {
      Output.of(spec).println(answer.toPrettyString());
      return ExitCode.OK;
    }
    Output.of(spec).println(answer.path(field).asText());
    String id = answer.path("id").asText(answer.path("clientId").asText());
    Output.errors(spec).println("%s; the secret is not shown again".formatted(id));
    return ExitCode.OK;
  }

  private static Integer create(
      Connection connection,
      @Nullable CommandSpec spec,
      String path,
      ObjectNode body,
      String field) {
    AdminClient client = connection.open();
    return secret(
        connection,
        spec,
        client.success(client.post(path, "application/json", body.toString())),
        field);
  }

  @Command(
      name = "whoami",
      mixinStandardHelpOptions = true,
      description = "Says whose token this is and what it may do.",
      footer = {"", "Example:", "  postern admin whoami"})
  static final class WhoAmI implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      JsonNode body = client.success(client.get("/admin/v1/me"));
      PrintWriter out = Output.of(spec);
      out.println(
          connection.json()
              ? body.toPrettyString()
              : "%s (%s), role %s"
                  .formatted(
                      body.path("name").asText(),
                      body.path("kind").asText(),
                      body.path("role").asText()));
      return ExitCode.OK;
    }
  }

  /** What a new token or client is given. */
  static final class NewCredential {
    @Option(names = "--name", required = true, paramLabel = "NAME", description = "Whose it is.")
    private String name = "";

    @Option(
        names = "--role",
        required = true,
        paramLabel = "ROLE",
        description = "What it may do: postern admin role list.")
    private String role = "";

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        defaultValue = "90d",
        description = "For how long: 12h, 90d (default: ${DEFAULT-VALUE}).")
    private String expires = "90d";

    ObjectNode body() {
      return AdminClient.JSON
          .createObjectNode()
          .put("name", name)
          .put("role", role)
          .put("expiresSeconds", KeyCommands.seconds(expires));
    }
  }

  @Command(
      name = "token",
      mixinStandardHelpOptions = true,
      description = "Admin tokens of people.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {
        "",
        "Example:",
        "  postern admin token create --name alice@example.com --role auditor \\",
        "    > alice.token"
      })
  static final class TokenCommands extends PeopleCommands.Things {
    private static final String PATH = "/admin/v1/tokens";
    @Spec private @Nullable CommandSpec own;

    TokenCommands() {
      super("tokens");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(
          connection, "id", "name", "role", "createdAt", "expiresAt", "lastUsedAt", "revoked");
    }

    @Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Makes a token and shows it, once.")
    int create(
        @Mixin Connection connection,
        @Mixin NewCredential order,
        @Option(
                names = "--user",
                paramLabel = "EMAIL",
                description = "Whose it is as a user: nobody approves his own request.")
            @Nullable String user) {
      ObjectNode body = order.body();
      if (user != null) {
        body.put("user", user);
      }
      return AccessCommands.create(connection, own, PATH, body, "token");
    }

    @Command(name = "revoke", mixinStandardHelpOptions = true, description = "Ends a token.")
    int revoke(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the token.") String id) {
      return delete(connection, id);
    }
  }

  @Command(
      name = "api-client",
      mixinStandardHelpOptions = true,
      description = "Programs that administer, with OAuth 2.0 client credentials.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {
        "",
        "Example:",
        "  postern admin api-client create --name terraform --role policy-editor"
      })
  static final class ClientCommands extends PeopleCommands.Things {
    private static final String PATH = "/admin/v1/api-clients";
    @Spec private @Nullable CommandSpec own;

    ClientCommands() {
      super("api-clients");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "id", "name", "role", "createdBy", "expiresAt", "revoked");
    }

    @Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Makes a client and shows its secret, once.")
    int create(@Mixin Connection connection, @Mixin NewCredential order) {
      return AccessCommands.create(connection, own, PATH, order.body(), "clientSecret");
    }

    @Command(
        name = "rotate",
        mixinStandardHelpOptions = true,
        description = "Gives a client another secret; the old one is over at once.")
    int rotate(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the client.") String id) {
      String path = PATH + "/" + AdminClient.encode(id) + "/rotate";
      AdminClient client = connection.open();
      return secret(
          connection, own, client.success(client.post(path, "text/plain", "")), "clientSecret");
    }

    @Command(
        name = "revoke",
        mixinStandardHelpOptions = true,
        description = "Ends a client and its access tokens.")
    int revoke(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the client.") String id) {
      return delete(connection, id);
    }
  }

  @Command(
      name = "role",
      mixinStandardHelpOptions = true,
      description = "Roles: what administrators and clients may do.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {
        "",
        "Example:",
        "  postern admin role put payments-team --permission applications:* \\",
        "    --permission rules:* --label owner=payments"
      })
  static final class RoleCommands extends PeopleCommands.Things {
    private static final String PATH = "/admin/v1/roles/";
    @Spec private @Nullable CommandSpec own;

    RoleCommands() {
      super("roles");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "name", "builtIn", "description", "permissions", "labels");
    }

    @Command(
        name = "put",
        mixinStandardHelpOptions = true,
        description = "Makes or replaces an own role.")
    int put(
        @Mixin Connection connection,
        @Parameters(paramLabel = "NAME", description = "Of the role.") String name,
        @Option(
                names = "--permission",
                required = true,
                paramLabel = "RESOURCE:VERB",
                description = "May be repeated; either part may be *.")
            List<String> permissions,
        @Option(
                names = "--label",
                paramLabel = "KEY=VALUE",
                description = "Only applications that bear it; may be repeated.")
            @Nullable List<String> labels,
        @Option(names = "--description", paramLabel = "TEXT", description = "What it is for.")
            @Nullable String description) {
      ObjectNode body = AdminClient.JSON.createObjectNode();
      ArrayNode list = body.putArray("permissions");
      permissions.forEach(list::add);
      ArrayNode narrowed = body.putArray("labels");
      (labels == null ? new ArrayList<String>() : labels).forEach(narrowed::add);
      body.put("description", description == null ? "" : description);
      AdminClient client = connection.open();
      JsonNode answer =
          client.success(
              client.send(
                  "PUT", PATH + AdminClient.encode(name), "application/json", body.toString()));
      Output.of(own).println(answer.toPrettyString());
      return ExitCode.OK;
    }

    @Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = "Removes an own role that nobody has.")
    int remove(
        @Mixin Connection connection,
        @Parameters(paramLabel = "NAME", description = "Of the role.") String name) {
      return delete(connection, name);
    }
  }
}
