package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Policy as code on the command line. */
final class PolicyCommands {
  private PolicyCommands() {}

  static int wrong(
      Connection connection,
      @Nullable CommandSpec spec,
      DocumentFiles files,
      AdminClient.Answer answer) {
    JsonNode body = files.placed(answer.json());
    if (connection.json()) {
      Output.of(spec).println(body.toPrettyString());
      return ExitCode.WRONG;
    }
    PrintWriter err = Output.errors(spec);
    for (JsonNode error : body.path("errors")) {
      String path = error.path("path").asText();
      err.println(
          "%s:%d:%d: %s%s"
              .formatted(
                  error.path("file").asText(),
                  error.path("line").asInt(),
                  error.path("column").asInt(),
                  path.isEmpty() ? "" : Table.printable(path) + ": ",
                  Table.printable(error.path("message").asText())));
    }
    err.println(body.path("title").asText() + "; nothing was applied");
    return ExitCode.WRONG;
  }

  @Command(
      name = "apply",
      mixinStandardHelpOptions = true,
      description =
          "Puts a policy document into force: all of it, or nothing if one thing is wrong.",
      footer = {
        "",
        "Kinds that the document names are replaced by what stands there; others stay.",
        "Example:",
        "  postern admin apply -f policy.yaml --dry-run",
        "  postern admin apply -f policy/ -m \"$(git log -1 --format='%%h %%s')\"",
        "Exit code 2: the document is wrong; every mistake is listed with its line."
      })
  static final class Apply implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Mixin private DocumentFiles files = new DocumentFiles();

    @Option(names = "--dry-run", description = "Only say what would change.")
    private boolean dryRun;

    @Option(
        names = {"-m", "--message"},
        paramLabel = "TEXT",
        description = "Why; for the history.")
    private String message = "";

    @Option(
        names = "--if-version",
        paramLabel = "N",
        description = "Only if the configuration is still at this version, as plan has said.")
    private @Nullable Long version;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query = "?dry_run=" + (dryRun ? 1 : 0) + "&message=" + AdminClient.encode(message);
      String[] headers =
          version == null ? new String[0] : new String[] {"If-Match", "\"cv-" + version + "\""};
      AdminClient.Answer answer =
          client.send(
              "POST", "/admin/v1/apply" + query, "application/yaml", files.needed(), headers);
      PrintWriter out = Output.of(spec);
      if (answer.status() == 422) {
        return wrong(answer);
      }
      JsonNode body = client.success(answer);
      if (connection.json()) {
        out.println(body.toPrettyString());
        return ExitCode.OK;
      }
      if (answer.status() == 202) {
        out.println("waits for a second person as change " + body.path("change").asText());
        return ExitCode.OK;
      }
      for (JsonNode change : body.path("changes")) {
        out.println(Table.printable(change.asText()));
      }
      ImpactText.print(out, body);
      int changes = body.path("changes").size();
      out.println(
          changes == 0
              ? "nothing changes; policy version " + body.path("version").asLong()
              : "%d change%s%s; policy version %d"
                  .formatted(
                      changes,
                      changes == 1 ? "" : "s",
                      dryRun ? " would be made" : "",
                      body.path("version").asLong()));
      return ExitCode.OK;
    }

    private int wrong(AdminClient.Answer answer) {
      return PolicyCommands.wrong(connection, spec, files, answer);
    }
  }

  @Command(
      name = "get",
      aliases = "export",
      mixinStandardHelpOptions = true,
      description = "Writes the policy that is in force, as a document that can be applied again.",
      footer = {
        "",
        "Kinds: as in the document; postern admin schema lists them.",
        "Example:",
        "  postern admin get applications payments"
      })
  static final class Get implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "KIND", description = "One kind only.")
    private @Nullable String kind;

    @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "One of it only.")
    private @Nullable String name;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String path =
          "/admin/v1/config?format="
              + (connection.json() ? "json" : "yaml")
              + (kind == null ? "" : "&kind=" + AdminClient.encode(Kinds.key(kind)))
              + (name == null ? "" : "&name=" + AdminClient.encode(name));
      AdminClient.Answer answer = client.get(path);
      if (answer.status() != 200) {
        client.success(answer);
      }
      PrintWriter out = Output.of(spec);
      out.print(connection.json() ? answer.json().toPrettyString() + "\n" : answer.text());
      out.flush();
      return ExitCode.OK;
    }
  }

  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description = "Writes the JSON schema of policy documents, for editors.",
      footer = {"", "Example:", "  postern admin schema > postern-policy.schema.json"})
  static final class Schema implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      try (InputStream in =
          Schema.class.getResourceAsStream("/org/postern/policystore/postern.schema.json")) {
        if (in == null) {
          throw new CommandException(ExitCode.REFUSED, "this build has no schema");
        }
        Output.of(spec).print(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        Output.of(spec).flush();
      }
      return ExitCode.OK;
    }
  }
}
