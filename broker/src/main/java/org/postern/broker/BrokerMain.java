package org.postern.broker;

import java.time.Clock;
import org.postern.broker.cli.AdminCommand;
import org.postern.broker.cli.CommandLines;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code postern broker} and {@code postern admin}. */
@Command(
    name = "postern",
    mixinStandardHelpOptions = true,
    description = "An open zero-trust access broker.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {AdminCommand.class, CommandLine.HelpCommand.class},
    footer = {
      "",
      "Example:",
      "  postern broker --data-dir /var/lib/postern --host-name vpn.example.com"
    })
public final class BrokerMain {
  private BrokerMain() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The commands, to run or to mount. */
  public static CommandLine commandLine() {
    CommandLine commands = CommandLines.of(new BrokerMain());
    commands.getCommandSpec().version("postern " + Version.TEXT);
    commands.addSubcommand(
        "broker", new BrokerCommand(Clock.systemUTC(), System::nanoTime, System.getenv()));
    return commands;
  }
}
