package org.postern.demo;

import java.io.File;
import java.util.List;
import org.postern.appconnector.ConnectorMain;
import org.postern.broker.BrokerMain;
import org.postern.clientconnector.ClientMain;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What concerns the command line as a whole, all programs under one name: {@code postern
 * completion} and {@code postern --version}.
 */
public final class CommandLineMain {
  /** What {@code postern bench} can measure; it lives in a module that this one does not know. */
  private static final List<String> BENCHMARKS =
      List.of(
          "all",
          "relay",
          "throughput",
          "open",
          "decision",
          "cut",
          "signin",
          "scim",
          "reload",
          "lint",
          "idle");

  private CommandLineMain() {}

  /** Every command of every program, to be looked at, and two that can be run. */
  public static CommandLine commandLine() {
    CommandLine programs =
        new CommandLine(CommandSpec.create().name("postern").mixinStandardHelpOptions(true));
    CommandLine broker = BrokerMain.commandLine();
    programs.getCommandSpec().version(broker.getCommandSpec().version());
    mount(broker, programs);
    programs.addSubcommand("connector", ConnectorMain.command());
    mount(ClientMain.command(), programs);
    programs.addSubcommand(
        "demo", DemoCommand.commandLine(System::nanoTime, System.out, System.err));
    programs.addSubcommand("bench", bench());
    programs.addSubcommand("completion", new CompletionCommand(CommandLineMain::commandLine));
    return programs;
  }

  private static void mount(CommandLine program, CommandLine programs) {
    program
        .getSubcommands()
        .forEach((name, command) -> {
          if (!name.equals("help")) {
            programs.addSubcommand(name, command);
          }
        });
  }

  private static CommandSpec bench() {
    return CommandSpec.create()
        .name("bench")
        .addPositional(
            PositionalParamSpec.builder()
                .paramLabel("NAME")
                .index("0")
                .completionCandidates(BENCHMARKS)
                .type(String.class)
                .build())
        .addOption(OptionSpec.builder("--json").paramLabel("FILE").type(File.class).build())
        .addOption(OptionSpec.builder("--quick").build());
  }

  /** Runs one of the two and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }
}
