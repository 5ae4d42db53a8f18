package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The audit log on the command line. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Who did what, before and after; and whether anybody changed the log.",
    subcommands = {
      AuditCommands.Show.class,
      AuditCommands.Verify.class,
      CommandLine.HelpCommand.class
    },
    footer = {"", "Example:", "  postern admin audit list --actor alice --limit 20"})
final class AuditCommands {
  AuditCommands() {}

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists entries, newest first. With --json: with all fields before and after.",
      footer = {
        "",
        "Example:",
        "  postern admin audit list --since 2026-03-01T00:00:00Z --kind rules --json"
      })
  static final class Show implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--actor", paramLabel = "NAME", description = "By whom.")
    private @Nullable String actor;

    @Option(names = "--action", paramLabel = "ACTION", description = "What, as in policy.apply.")
    private @Nullable String action;

    @Option(names = "--kind", paramLabel = "KIND", description = "To what kind of thing.")
    private @Nullable String kind;

    @Option(names = "--name", paramLabel = "NAME", description = "To which thing.")
    private @Nullable String name;

    @Option(names = "--since", paramLabel = "TIME", description = "From then on, RFC 3339.")
    private @Nullable String since;

    @Option(
        names = "--overrides",
        description =
            "Only what overrides decisions: approvals, risk levels, quarantine and so on.")
    private boolean overrides;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "50",
        description = "How many, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    public Integer call() {
      String path =
          "/admin/v1/audit?limit="
              + limit
              + with("actor", actor)
              + with("action", action)
              + with("object_kind", kind)
              + with("object_name", name)
              + with("since", since)
              + (overrides ? "&overrides=1" : "");
      return PeopleCommands.newest(
          connection,
          spec,
          path,
          "seq",
          "at",
          "actor",
          "action",
          "objectKind",
          "objectName",
          "override",
          "outcome",
          "detail");
    }

    private static String with(String parameter, @Nullable String value) {
      return value == null ? "" : "&" + parameter + "=" + AdminClient.encode(value);
    }
  }

  @Command(
      name = "verify",
      mixinStandardHelpOptions = true,
      description = {
        "Computes the chain of the whole log again and says whether an entry was"
            + " changed, taken out or made up. Note SEQ and HASH elsewhere: with them a later"
            + " check also proves that the end was not cut off. Exit code 1: the log was"
            + " changed."
      },
      footer = {"", "Example:", "  postern admin audit verify --seq 812 --hash 5e1f..."})
  static final class Verify implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Option(names = "--seq", paramLabel = "SEQ", description = "An entry that was noted before.")
    private @Nullable Long seq;

    @Option(names = "--hash", paramLabel = "HASH", description = "Its hash.")
    private @Nullable String hash;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      String query =
          seq == null && hash == null
              ? ""
              : "?seq=" + (seq == null ? "" : seq) + "&hash=" + (hash == null ? "" : hash);
      JsonNode body = client.success(client.get("/admin/v1/audit/verify" + query));
      PrintWriter out = Output.of(spec);
      boolean intact = body.path("intact").asBoolean();
      if (connection.json()) {
        out.println(body.toPrettyString());
      } else if (intact) {
        out.println(
            "intact: %d entries, the last with hash %s"
                .formatted(body.path("seq").asLong(), body.path("hash").asText()));
      } else {
        out.println(
            "NOT intact from entry %d on: %s"
                .formatted(body.path("seq").asLong(), body.path("what").asText()));
      }
      return intact ? ExitCode.OK : ExitCode.REFUSED;
    }
  }
}
