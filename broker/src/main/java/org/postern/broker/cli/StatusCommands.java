package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** How the broker is. */
final class StatusCommands {
  private StatusCommands() {}

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Says how the broker is and what it serves.",
      footer = {"", "Example:", "  postern admin status --json"})
  static final class Status implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      JsonNode status = client.success(client.get("/admin/v1/status"));
      PrintWriter out = Output.of(spec);
      if (connection.json()) {
        out.println(status.toPrettyString());
        return ExitCode.OK;
      }
      for (var each : status.properties()) {
        if (!each.getValue().isContainerNode()) {
          String label = each.getKey().replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
          out.println("%-28s %s".formatted(label, Table.printable(each.getValue().asText())));
        }
      }
      out.println();
      out.print(Table.of(status.path("brokers"), "id", "address", "leaseUntil"));
      out.flush();
      return ExitCode.OK;
    }
  }

  @Command(
      name = "flows",
      mixinStandardHelpOptions = true,
      description = "Lists the flows that are open through this broker.",
      footer = {"", "Example:", "  postern admin flows"})
  static final class Flows implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return PeopleCommands.list(
          connection,
          spec,
          "/admin/v1/flows",
          "user",
          "application",
          "target",
          "deviceId",
          "connectorId",
          "since",
          "decisionId");
    }
  }
}
