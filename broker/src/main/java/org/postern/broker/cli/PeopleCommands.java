package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Users, sessions, devices and connectors on the command line. */
final class PeopleCommands {
  private PeopleCommands() {}

  static int list(
      Connection connection, @Nullable CommandSpec spec, String path, String... columns) {
    return print(connection, spec, all(connection.open(), path), columns);
  }

  /** All pages of a list as one answer. */
  static ObjectNode all(AdminClient client, String path) {
    ObjectNode answer = (ObjectNode) client.success(client.get(path));
    ArrayNode items = answer.withArray("items");
    String cursor = answer.path("nextCursor").asText();
    while (!cursor.isEmpty()) {
      String next = path + (path.contains("?") ? "&" : "?") + "cursor=" + cursor;
      JsonNode page = client.success(client.get(next));
      page.path("items").forEach(items::add);
      cursor = page.path("nextCursor").asText();
    }
    answer.remove("nextCursor");
    return answer;
  }

  /** The first page only, of what has no end. */
  static int newest(
      Connection connection, @Nullable CommandSpec spec, String path, String... columns) {
    AdminClient client = connection.open();
    return print(connection, spec, client.success(client.get(path)), columns);
  }

  static int print(
      Connection connection, @Nullable CommandSpec spec, JsonNode answer, String... columns) {
    Output.of(spec)
        .print(
            connection.json()
                ? answer.toPrettyString() + "\n"
                : Table.of(answer.path("items"), columns));
    Output.of(spec).flush();
    return ExitCode.OK;
  }

  static int change(
      Connection connection,
      @Nullable CommandSpec spec,
      Function<AdminClient, AdminClient.Answer> request) {
    AdminClient client = connection.open();
    JsonNode answer = client.success(request.apply(client));
    Output.of(spec)
        .println(
            connection.json()
                ? answer.toPrettyString()
                : answer.path("id").asText() + " is " + answer.path("state").asText() + " now");
    return ExitCode.OK;
  }

  /** Commands of one kind of thing; a subclass names the path. */
  abstract static class Things {
    @Spec private @Nullable CommandSpec spec;

    private final String path;

    Things(String path) {
      this.path = "/admin/v1/" + path;
    }

    @Nullable CommandSpec spec() {
      return spec;
    }

    int show(Connection connection, String... columns) {
      return list(connection, spec, path, columns);
    }

    int post(Connection connection, String id, String state) {
      return change(
          connection,
          spec,
          client ->
              client.post(path + "/" + AdminClient.encode(id) + "/" + state, "text/plain", ""));
    }

    int put(Connection connection, String id, JsonNode body) {
      return change(
          connection,
          spec,
          client ->
              client.send(
                  "PUT", path + "/" + AdminClient.encode(id), "application/json", body.toString()));
    }

    int delete(Connection connection, String id) {
      return change(connection, spec, client -> client.delete(path + "/" + AdminClient.encode(id)));
    }
  }

  @Command(
      name = "user",
      mixinStandardHelpOptions = true,
      description = "People who have signed in.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin user disable u-0123"})
  static final class Users extends Things {
    Users() {
      super("users");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "id", "email", "name", "provider", "disabled", "risk");
    }

    @Command(
        name = "disable",
        mixinStandardHelpOptions = true,
        description = "Shuts a user out at once, live flows included.")
    int disable(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the user.") String id) {
      return post(connection, id, "disable");
    }

    @Command(
        name = "enable",
        mixinStandardHelpOptions = true,
        description = "Lets a user in again.")
    int enable(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the user.") String id) {
      return post(connection, id, "enable");
    }
  }

  @Command(
      name = "session",
      mixinStandardHelpOptions = true,
      description = "Signed-in users on devices.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin session revoke s-0123"})
  static final class Sessions extends Things {
    Sessions() {
      super("sessions");
    }

    @Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Lists them; or those that are over, and why.",
        footer = {"", "Example:", "  postern admin session list --ended"})
    int list(
        @Mixin Connection connection,
        @Option(names = "--ended", description = "The last 1000 that ended.") boolean ended) {
      if (ended) {
        return PeopleCommands.list(
            connection,
            spec(),
            "/admin/v1/sessions?state=ended",
            "id",
            "user",
            "deviceId",
            "provider",
            "since",
            "ended",
            "because");
      }
      return show(
          connection,
          "id",
          "user",
          "deviceId",
          "provider",
          "since",
          "expires",
          "revoked",
          "context",
          "methods",
          "risk");
    }

    @Command(
        name = "revoke",
        mixinStandardHelpOptions = true,
        description = "Ends a session and its live flows; the user has to sign in again.")
    int revoke(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the session.") String id) {
      return delete(connection, id);
    }
  }

  @Command(
      name = "device",
      mixinStandardHelpOptions = true,
      description = "Users' devices.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin device quarantine d-0123"})
  static final class Devices extends Things {
    Devices() {
      super("devices");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "id", "user", "name", "platform", "state", "risk");
    }

    @Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = "Removes a device for good and cuts its flows.")
    int remove(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the device.") String id) {
      return delete(connection, id);
    }

    @Command(
        name = "quarantine",
        mixinStandardHelpOptions = true,
        description = "Sets a device aside and cuts its flows, until it is freed.")
    int quarantine(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the device.") String id) {
      return post(connection, id, "quarantine");
    }

    @Command(
        name = "rename",
        mixinStandardHelpOptions = true,
        description = "Gives a device another name.")
    int rename(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the device.") String id,
        @Parameters(paramLabel = "NAME", description = "1 to 64 characters.") String name) {
      return put(connection, id, JsonNodeFactory.instance.objectNode().put("name", name));
    }

    @Command(
        name = "free",
        mixinStandardHelpOptions = true,
        description = "Frees a device from quarantine.")
    int free(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the device.") String id) {
      return post(connection, id, "free");
    }
  }

  @Command(
      name = "connector",
      mixinStandardHelpOptions = true,
      description = "App connectors.",
      subcommands = CommandLine.HelpCommand.class,
      footer = {"", "Example:", "  postern admin connector revoke c-0123"})
  static final class Connectors extends Things {
    Connectors() {
      super("connectors");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists them.")
    int list(@Mixin Connection connection) {
      return show(connection, "id", "group", "name", "state");
    }

    @Command(
        name = "revoke",
        mixinStandardHelpOptions = true,
        description = "Shuts a connector out for good and cuts its flows.")
    int revoke(
        @Mixin Connection connection,
        @Parameters(paramLabel = "ID", description = "Of the connector.") String id) {
      return delete(connection, id);
    }
  }
}
