package org.postern.broker;

import java.time.Clock;
import org.postern.broker.cli.AdminCommand;
import org.postern.broker.cli.CommandLines;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code postern broker}, {@code postern admin} and {@code postern completion}. */
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
  @Spec private CommandSpec spec = CommandSpec.create();

  private BrokerMain() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandLine commands = CommandLines.of(new BrokerMain());
    commands.getCommandSpec().version("postern " + Version.TEXT);
    commands.addSubcommand(
        "broker", new BrokerCommand(Clock.systemUTC(), System::nanoTime, System.getenv()));
    return commands;
  }

  @Command(
      name = "completion",
      description = "Writes a completion script for a shell.",
      footer = {"", "Example:", "  source <(postern completion bash)"})
  int completion(
      @Parameters(
              arity = "0..1",
              defaultValue = "bash",
              paramLabel = "SHELL",
              description = "bash (also good for zsh with bashcompinit)")
          String shell) {
    if (!shell.equals("bash")) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "no completion for " + shell + " (expected: bash)");
    }
    spec.commandLine().getOut().print(AutoComplete.bash("postern", commandLine()));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
