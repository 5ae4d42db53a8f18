package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Posture on the command line. */
@Command(
    name = "posture",
    mixinStandardHelpOptions = true,
    description = "Posture profiles, and what devices report of themselves.",
    subcommands = CommandLine.HelpCommand.class,
    footer = {"", "Example:", "  postern admin posture show d-0123"})
final class PostureCommands {
  private static final String PATH = "/admin/v1/posture";

  @Spec private @Nullable CommandSpec spec;

  PostureCommands() {}

  @Command(
      name = "profiles",
      mixinStandardHelpOptions = true,
      description = "Lists the posture profiles.")
  int profiles(@Mixin Connection connection) {
    return PeopleCommands.list(
        connection,
        spec,
        PATH + "/profiles",
        "name",
        "platforms",
        "requires",
        "maxAgeSeconds",
        "graceSeconds");
  }

  @Command(
      name = "device",
      mixinStandardHelpOptions = true,
      description = "Lists which device does not meet which profile, or lacks which fact.")
  int devices(@Mixin Connection connection) {
    return PeopleCommands.list(
        connection, spec, PATH + "/faults", "device", "name", "user", "profile", "result", "why");
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows what a device reported, and what came of it.")
  int show(
      @Mixin Connection connection,
      @Parameters(paramLabel = "DEVICE", description = "Id of the device.") String id) {
    AdminClient client = connection.open();
    JsonNode answer = client.success(client.get(PATH + "/devices/" + AdminClient.encode(id)));
    PrintWriter out = Output.of(spec);
    if (connection.json()) {
      out.println(answer.toPrettyString());
    } else {
      String reported = answer.path("reported").asText();
      out.println(
          Table.printable(answer.path("name").asText())
              + (reported.isEmpty() ? " has not reported" : " reported at " + reported));
      out.print("\n" + Table.of(answer.path("profiles"), "profile", "result", "inGrace", "why"));
      out.print("\n" + Table.of(answer.path("facts"), "fact", "value"));
    }
    out.flush();
    return ExitCode.OK;
  }
}
