package org.postern.appconnector.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.postern.identity.CredentialStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code postern connector status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows who this connector is and what its process is doing.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:running, with a link to its broker", "1:not running, or without a link"})
final class StatusCommand implements Callable<Integer> {
  @Mixin private HomeOption homeOption = new HomeOption();

  @Option(names = "--json", description = "One JSON object instead of text.")
  private boolean json;

  private final Surroundings surroundings;

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure {
    ConnectorHome home = homeOption.home(surroundings.environment());
    Optional<JsonNode> running = home.readStatus().filter(StatusCommand::isAlive);
    if (running.isPresent()) {
      surroundings.out().println(json ? running.get().toString() : text(running.get()));
      return running.get().path("linked").asBoolean() ? ExitCode.OK : ExitCode.FAILED;
    }
    Optional<CredentialStore.Stored> stored = home.load();
    if (json) {
      surroundings.out().println("{\"running\":false,\"enrolled\":" + stored.isPresent() + "}");
    } else if (stored.isPresent()) {
      surroundings
          .out()
          .printf(
              "%s%nnot running; certificate until %s%n",
              stored.get().credential().id(), stored.get().credential().notAfter());
    } else {
      surroundings.out().printf("not enrolled in %s%n", home.directory());
    }
    return ExitCode.FAILED;
  }

  private static boolean isAlive(JsonNode status) {
    return ProcessHandle.of(status.path("pid").asLong()).map(ProcessHandle::isAlive).orElse(false);
  }

  private static String text(JsonNode status) {
    return """
    %s
    link          %s (%s)
    certificate   until %s
    applications  %s
    targets       %s watched, %s down
    devices       %s on %s lanes, %s carriers parked
    flows         %s, %s KiB buffered\
    """
        .formatted(
            status.path("id").asText(),
            status.path("linked").asBoolean() ? "up" : "DOWN",
            status.path("link").asText(),
            status.path("certificate_until").asText(),
            status.path("applications").asInt(),
            status.path("targets").asInt(),
            status.path("targets_down").asInt(),
            status.path("devices").asInt(),
            status.path("lanes").asInt(),
            status.path("carriers_parked").asInt(),
            status.path("flows").asInt(),
            status.path("buffered_bytes").asLong() / 1024);
  }
}
