package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shared signals on the command line. */
@Command(
    name = "signals",
    mixinStandardHelpOptions = true,
    description = "Security events that identity providers send (OpenID SSF, CAEP, RISC).",
    subcommands = CommandLine.HelpCommand.class,
    footer = {
      "",
      "Example:",
      "  postern admin signals create corp-events --provider corp \\",
      "    --issuer https://idp.example/realms/corp --audience postern \\",
      "    > corp-events.token"
    })
final class SignalCommands extends PeopleCommands.Things {
  private static final String STREAMS = "/admin/v1/signals/streams";
  private static final int SECRET_BYTES_MAX = 8 * 1024;

  @Spec private @Nullable CommandSpec spec;

  SignalCommands() {
    super("signals/streams");
  }

  /** With what the transmitter is asked. */
  static final class Asking {
    @Option(
        names = "--poll",
        paramLabel = "URL",
        defaultValue = "",
        description = "The transmitter is polled there. Without: it pushes.")
    private String pollUrl = "";

    @Option(
        names = "--secret-file",
        paramLabel = "FILE",
        description = "Bearer token for the transmitter, or the secret of --client.")
    private @Nullable Path secret;

    @Option(
        names = "--client",
        paramLabel = "ID",
        defaultValue = "",
        description = "Client id with which an access token is got at --token-url.")
    private String client = "";

    @Option(
        names = "--token-url",
        paramLabel = "URL",
        defaultValue = "",
        description = "Token endpoint (client credentials).")
    private String tokenUrl = "";

    @Option(
        names = "--stream-id",
        paramLabel = "ID",
        defaultValue = "",
        description = "The transmitter's own name for the stream.")
    private String streamId = "";
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the streams.")
  int list(@Mixin Connection connection) {
    return show(
        connection,
        "id",
        "provider",
        "delivery",
        "url",
        "status",
        "lastEvent",
        "verified",
        "lastError",
        "error");
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Makes a stream; shows the token that its transmitter pushes with, once.")
  int create(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Name of the stream.") String name,
      @Option(names = "--provider", required = true, description = "Whose people it is about.")
          String provider,
      @Option(names = "--issuer", required = true, description = "iss of its tokens.")
          String issuer,
      @Option(names = "--audience", required = true, description = "aud of its tokens: us.")
          String audience,
      @Option(
              names = "--keys",
              paramLabel = "URL",
              defaultValue = "",
              description = "Its keys. Without: as its ssf-configuration says.")
          String keysUrl,
      @ArgGroup(exclusive = false) @Nullable Asking asking) {
    ObjectNode body = AdminClient.JSON.createObjectNode();
    body.put("name", name).put("provider", provider).put("issuer", issuer);
    body.put("audience", audience);
    put(body, "keysUrl", keysUrl);
    if (asking != null) {
      put(body, "pollUrl", asking.pollUrl);
      put(body, "clientId", asking.client);
      put(body, "tokenUrl", asking.tokenUrl);
      put(body, "streamId", asking.streamId);
      put(body, "secret", secret(asking.secret));
    }
    return token(connection, STREAMS, body.toString());
  }

  private static void put(ObjectNode body, String name, String value) {
    if (!value.isEmpty()) {
      body.put(name, value);
    }
  }

  private static String secret(@Nullable Path file) {
    if (file == null) {
      return "";
    }
    try {
      if (Files.size(file) > SECRET_BYTES_MAX) {
        throw new IOException("larger than " + SECRET_BYTES_MAX + " bytes");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new CommandException(ExitCode.WRONG, "cannot read " + file + ": " + e.getMessage());
    }
  }

  @Command(
      name = "token",
      mixinStandardHelpOptions = true,
      description = "Makes another token for a transmitter that pushes; the one before ends.")
  int token(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the stream.") String name) {
    return token(connection, STREAMS + "/" + AdminClient.encode(name) + "/token", "");
  }

  private int token(Connection connection, String path, String body) {
    AdminClient client = connection.open();
    JsonNode answer = client.success(client.post(path, "application/json", body));
    CommandSpec own = spec;
    if (connection.json()) {
      Output.of(own).println(answer.toPrettyString());
      return ExitCode.OK;
    }
    String token = answer.path("token").asText();
    if (!token.isEmpty()) {
      Output.of(own).println(token);
    }
    if (own != null) {
      own.commandLine()
          .getErr()
          .println(
              token.isEmpty()
                  ? "polled at " + answer.path("url").asText()
                  : "push to: %s (Authorization: Bearer TOKEN; it is shown once)"
                      .formatted(answer.path("url").asText()));
    }
    return ExitCode.OK;
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Takes a stream away; nothing more is believed of it.")
  int remove(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the stream.") String name) {
    return delete(connection, name);
  }

  @Command(
      name = "test",
      mixinStandardHelpOptions = true,
      description = "Looks at all that a stream needs and says what is wrong.")
  int test(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the stream.") String name) {
    AdminClient client = connection.open();
    JsonNode answer =
        client.success(client.get(STREAMS + "/" + AdminClient.encode(name) + "/test"));
    if (connection.json()) {
      Output.of(spec).println(answer.toPrettyString());
    } else {
      Output.of(spec).print(Table.of(answer.path("items"), "grade", "what", "text"));
      Output.of(spec).flush();
    }
    return "good".equals(answer.path("state").asText()) ? ExitCode.OK : ExitCode.REFUSED;
  }

  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description = "Asks the transmitter to send a verification event.")
  int verify(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "Of the stream.") String name) {
    return post(connection, name, "verify");
  }

  @Command(
      name = "events",
      mixinStandardHelpOptions = true,
      description = "Shows what was received last, and what came of it.")
  int events(
      @Mixin Connection connection,
      @Option(
              names = "--stream",
              paramLabel = "NAME",
              defaultValue = "",
              description = "Only of this stream.")
          String stream) {
    return PeopleCommands.newest(
        connection,
        spec,
        "/admin/v1/signals/events"
            + (stream.isEmpty() ? "" : "?stream=" + AdminClient.encode(stream)),
        "at",
        "stream",
        "event",
        "subject",
        "outcome",
        "happened",
        "jti");
  }
}
