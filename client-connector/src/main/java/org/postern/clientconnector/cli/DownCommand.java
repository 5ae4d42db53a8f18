package org.postern.clientconnector.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Stops the running client connector. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = {
      "Stops the client connector: flows end, and name resolution is as it was before.",
      "",
      "Example: sudo postern down"
    })
final class DownCommand implements Callable<Integer> {
  private final Surroundings surroundings;
  @Mixin private final HomeOptions home = new HomeOptions();

  DownCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure {
    try {
      home.client(surroundings.environment()).down();
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.NOT_CONNECTED, String.valueOf(e.getMessage()));
    }
    surroundings.out().println("Stopped.");
    return ExitCode.OK;
  }
}
