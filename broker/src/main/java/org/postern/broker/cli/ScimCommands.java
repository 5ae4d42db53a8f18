package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** SCIM on the command line. */
@Command(
    name = "scim",
    mixinStandardHelpOptions = true,
    description = "Users and groups that identity providers provision.",
    subcommands = {
      ScimCommands.Status.class,
      ScimCommands.Token.class,
      ScimCommands.Schema.class,
      CommandLine.HelpCommand.class
    },
    footer = {"", "Example:", "  postern admin scim token create corp > corp.token"})
final class ScimCommands {
  private static final String TOKENS = "/admin/v1/scim/tokens";

  ScimCommands() {}

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Says when each provider was heard last, and what went wrong.")
  static final class Status implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return PeopleCommands.list(
          connection,
          spec,
          "/admin/v1/scim/status",
          "provider",
          "users",
          "active",
          "notProvisioned",
          "groups",
          "tokens",
          "lastChange",
          "errors",
          "lastError",
          "error");
    }
  }

  @Command(
      name = "token",
      mixinStandardHelpOptions = true,
      description = "Bearer tokens of SCIM clients, each for one identity provider.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin scim token rotate corp --overlap 24h"})
  static final class Token extends PeopleCommands.Things {
    @Spec private @Nullable CommandSpec spec;

    Token() {
      super("scim/tokens");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "id", "provider", "state", "created", "by", "expires");
    }

    @Command(
        name = "create",
        mixinStandardHelpOptions = true,
        description = "Makes a token and shows it, once.")
    int create(
        @Mixin Connection connection,
        @Parameters(paramLabel = "PROVIDER", description = "Identity provider that it is for.")
            String provider,
        @Option(
                names = "--expires",
                paramLabel = "TIME",
                defaultValue = "",
                description = "For how long: 24h, 365d. None: until it is rotated or revoked.")
            String expires) {
      ObjectNode body = AdminClient.JSON.createObjectNode().put("provider", provider);
      body.put("expiresSeconds", expires.isEmpty() ? 0 : KeyCommands.seconds(expires));
      return secret(connection, TOKENS, body);
    }

    @Command(
        name = "rotate",
        mixinStandardHelpOptions = true,
        description = "Makes a new token and lets those that are live now end after the overlap.")
    int rotate(
        @Mixin Connection connection,
        @Parameters(paramLabel = "PROVIDER", description = "Identity provider.") String provider,
        @Option(
                names = "--overlap",
                paramLabel = "TIME",
                defaultValue = "24h",
                description = "How long both work (default: ${DEFAULT-VALUE}).")
            String overlap) {
      ObjectNode body = AdminClient.JSON.createObjectNode().put("provider", provider);
      body.put("overlapSeconds", KeyCommands.seconds(overlap));
      return secret(connection, TOKENS + "/rotate", body);
    }

    private int secret(Connection connection, String path, ObjectNode body) {
      AdminClient client = connection.open();
      JsonNode answer = client.success(client.post(path, "application/json", body.toString()));
      CommandSpec own = spec;
      Output.of(own)
          .println(connection.json() ? answer.toPrettyString() : answer.path("token").asText());
      if (!connection.json() && own != null) {
        own.commandLine()
            .getErr()
            .println(
                "base URL: %s (token %s; it is shown once)"
                    .formatted(answer.path("url").asText(), answer.path("id").asText()));
      }
      return ExitCode.OK;
    }

    @Command(
        name = "revoke",
        mixinStandardHelpOptions = true,
        description = "Ends a token at once.")
    int revoke(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the token.") String id) {
      return delete(connection, id);
    }
  }

  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description = "Extensions of User beyond the enterprise one.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin scim schema put corp badge.json"})
  static final class Schema extends PeopleCommands.Things {
    @Spec private @Nullable CommandSpec spec;

    Schema() {
      super("scim/schemas");
    }

    private static String path(String provider) {
      return "/admin/v1/scim/schemas/" + AdminClient.encode(provider);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(
        @Mixin Connection connection,
        @Parameters(paramLabel = "PROVIDER", description = "Identity provider.") String provider) {
      return PeopleCommands.list(connection, spec, path(provider), "id");
    }

    @Command(
        name = "put",
        mixinStandardHelpOptions = true,
        description = "Adds an extension, or replaces it.")
    int put(
        @Mixin Connection connection,
        @Parameters(paramLabel = "PROVIDER", description = "Identity provider.") String provider,
        @Parameters(paramLabel = "FILE", description = "SCIM schema document (RFC 7643, 7).")
            Path file) {
      String document;
      try {
        document = Files.readString(file);
      } catch (IOException e) {
        throw new CommandException(ExitCode.WRONG, "cannot read " + file + ": " + e.getMessage());
      }
      return PeopleCommands.change(
          connection, spec, client -> client.post(path(provider), "application/json", document));
    }

    @Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = "Takes an extension away.")
    int remove(
        @Mixin Connection connection,
        @Parameters(paramLabel = "PROVIDER", description = "Identity provider.") String provider,
        @Parameters(paramLabel = "URN", description = "Of the schema.") String urn) {
      return PeopleCommands.change(
          connection,
          spec,
          client -> client.delete(path(provider) + "/" + AdminClient.encode(urn)));
    }
  }
}
