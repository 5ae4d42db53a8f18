package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Provisioning keys on the command line. */
@Command(
    name = "provisioning-key",
    mixinStandardHelpOptions = true,
    description = "Keys that let app connectors enroll.",
    subcommands = {
      KeyCommands.Create.class,
      KeyCommands.Show.class,
      KeyCommands.Revoke.class,
      CommandLine.HelpCommand.class
    },
    footer = {"", "Example:", "  postern admin provisioning-key create --group vpc-a --uses 3"})
final class KeyCommands {
  private static final String PATH = "/admin/v1/provisioning-keys";
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,8})([smhd])");

  KeyCommands() {}

  /** {@code 90s}, {@code 30m}, {@code 24h} or {@code 7d}, in seconds. */
  static long seconds(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new CommandException(
          ExitCode.WRONG, "--expires " + text + " is no duration (expected: 30m, 24h, 7d)");
    }
    long unit =
        switch (matcher.group(2)) {
          case "s" -> 1;
          case "m" -> 60;
          case "h" -> 3_600;
          default -> 86_400;
        };
    return Long.parseLong(matcher.group(1)) * unit;
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Makes a key and shows it, once.",
      footer = {
        "",
        "Example:",
        "  postern admin provisioning-key create --group vpc-a --uses 2 \\",
        "    --expires 24h --cidr 198.51.100.0/24 > vpc-a.key"
      })
  static final class Create implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = "--group",
        required = true,
        paramLabel = "GROUP",
        description = "Connector group that the key opens.")
    private String group = "";

    @Option(
        names = "--uses",
        paramLabel = "N",
        defaultValue = "1",
        description = "How many connectors may use it (default: ${DEFAULT-VALUE}).")
    private int uses;

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        defaultValue = "24h",
        description = "For how long: 30m, 24h, 7d (default: ${DEFAULT-VALUE}).")
    private String expires = "24h";

    @Option(
        names = "--cidr",
        paramLabel = "CIDR",
        description = "From where it may be used; may be repeated. None: from anywhere.")
    private List<String> cidrs = new ArrayList<>();

    @Override
    public Integer call() {
      ObjectNode body = AdminClient.JSON.createObjectNode();
      body.put("group", group);
      body.put("uses", uses);
      body.put("expiresSeconds", seconds(expires));
      ArrayNode ranges = body.putArray("cidrs");
      cidrs.forEach(ranges::add);
      AdminClient client = connection.open();
      JsonNode answer = client.success(client.post(PATH, "application/json", body.toString()));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(answer.toPrettyString());
        return ExitCode.OK;
      }
      // The key alone on standard output, so that it can go straight into a file.
      out.println(answer.path("key").asText());
      Output.errors(spec)
          .println(
              "key %s opens group %s for %d use(s) until %s; it is not shown again"
                  .formatted(
                      answer.path("id").asText(), group, uses, answer.path("expires").asText()));
      return ExitCode.OK;
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists keys, without their secrets.",
      footer = {"", "Example:", "  postern admin provisioning-key list --group vpc-a"})
  static final class Show implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--group", paramLabel = "GROUP", description = "Of one connector group only.")
    private @Nullable String group;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query = group == null ? "" : "?group=" + AdminClient.encode(group);
      JsonNode answer = client.success(client.get(PATH + query));
      Output.of(spec)
          .print(
              connection.json()
                  ? answer.toPrettyString() + "\n"
                  : Table.of(
                      answer.path("items"),
                      "id",
                      "group",
                      "uses",
                      "usesMax",
                      "expires",
                      "revoked"));
      Output.of(spec).flush();
      return ExitCode.OK;
    }
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "Ends a key. Connectors that have used it stay.",
      footer = {"", "Example:", "  postern admin provisioning-key revoke k-0123"})
  static final class Revoke implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "ID", description = "Of the key.")
    private String id = "";

    @Override
    public Integer call() {
      return PeopleCommands.change(
          connection, spec, client -> client.delete(PATH + "/" + AdminClient.encode(id)));
    }
  }
}
