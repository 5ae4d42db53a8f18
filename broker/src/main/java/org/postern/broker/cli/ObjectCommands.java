package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The things of the policy one by one. */
final class ObjectCommands {
  private ObjectCommands() {}

  private static String path(String given, String name, String command) {
    String kind = Kinds.key(given, name, command);
    String word = kind.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    return "/admin/v1/config/" + AdminClient.encode(word) + "/" + AdminClient.encode(name);
  }

  private static Integer show(Connection connection, @Nullable CommandSpec spec, JsonNode body) {
    PrintWriter out = Output.of(spec);
    if (connection.json()) {
      out.println(body.toPrettyString());
    } else if (body.has("change")) {
      out.println("waits for a second person as change " + body.path("change").asText());
    } else if (body.has("dependents")) {
      out.print(Table.of(body.path("dependents"), "kind", "name", "field"));
      out.println(body.path("removable").asBoolean() ? "it can be removed" : "these name it");
    } else if (body.has("changes")) {
      HistoryCommands.details(out, body.path("changes"));
    } else {
      out.println(body.toPrettyString());
    }
    return ExitCode.OK;
  }

  @Command(
      name = "put",
      mixinStandardHelpOptions = true,
      description = "Makes or replaces one thing of the policy, and leaves all others alone.",
      footer = {"", "Example:", "  postern admin put applications wiki -f wiki.yaml"})
  static final class Put implements Callable<Integer> {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KIND", description = "As in the document.")
    private String kind = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "Its name.")
    private String name = "";

    @Option(
        names = {"-f", "--file"},
        required = true,
        paramLabel = "FILE",
        description = "The thing in YAML or JSON, - for standard input.")
    private Path file = Path.of("-");

    @Option(names = "--before", paramLabel = "NAME", description = "Put a rule before this one.")
    private @Nullable String before;

    @Option(names = "--after", paramLabel = "NAME", description = "Put a rule after this one.")
    private @Nullable String after;

    @Option(names = "--dry-run", description = "Only check.")
    private boolean dryRun;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      JsonNode thing;
      try {
        thing = YAML.readTree(GivenFile.read(file));
      } catch (IOException e) {
        throw new CommandException(ExitCode.WRONG, file + " is neither YAML nor JSON");
      }
      if (!thing.isObject()) {
        throw new CommandException(
            ExitCode.WRONG,
            file
                + " has to hold the keys of one thing (expected: such as postern admin get "
                + kind
                + " shows below its name)");
      }
      String path = path(kind, name, "put");
      AdminClient.Answer old = client.get(path);
      String[] condition =
          old.status() == 200
              ? new String[] {"If-Match", old.tag()}
              : new String[] {"If-None-Match", "*"};
      String query =
          "?dry_run="
              + (dryRun ? 1 : 0)
              + (before == null ? "" : "&before=" + AdminClient.encode(before))
              + (after == null ? "" : "&after=" + AdminClient.encode(after));
      return show(
          connection,
          spec,
          client.success(
              client.send("PUT", path + query, "application/json", thing.toString(), condition)));
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Removes one thing of the policy. It can be brought back with restore.",
      footer = {"", "Example:", "  postern admin delete applications wiki --dry-run"})
  static final class Delete implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KIND", description = "As in the document.")
    private String kind = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "Its name.")
    private String name = "";

    @Option(names = "--dry-run", description = "Only list what names it.")
    private boolean dryRun;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query = "?dry_run=" + (dryRun ? 1 : 0);
      return show(
          connection, spec, client.success(client.delete(path(kind, name, "delete") + query)));
    }
  }

  @Command(
      name = "restore",
      mixinStandardHelpOptions = true,
      description = "Brings one thing back as it was before its last change, or at a version.",
      footer = {"", "Example:", "  postern admin restore applications wiki"})
  static final class Restore implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "KIND", description = "As in the document.")
    private String kind = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "Its name.")
    private String name = "";

    @Option(names = "--at-version", paramLabel = "N", description = "As it was at this version.")
    private @Nullable Long version;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query = version == null ? "" : "?version=" + version;
      return show(
          connection,
          spec,
          client.success(
              client.post(path(kind, name, "restore") + "/restore" + query, "text/plain", "")));
    }
  }
}
