package org.postern.broker.cli;

import java.io.PrintWriter;
import picocli.CommandLine;

/** How all commands behave: errors in one line for a person, exit codes as documented. */
public final class CommandLines {
  private CommandLines() {}

  /** A command line around the given root command. */
  public static CommandLine of(Object root) {
    CommandLine commands = new CommandLine(root);
    commands.setExecutionExceptionHandler(CommandLines::failed);
    commands.setParameterExceptionHandler(CommandLines::misused);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setUsageHelpAutoWidth(true);
    return commands;
  }

  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof CommandException known) {
      say(command.getErr(), String.valueOf(known.getMessage()));
      return known.exitCode();
    }
    throw e;
  }

  private static int misused(CommandLine.ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    say(command.getErr(), String.valueOf(e.getMessage()));
    command
        .getErr()
        .println("Try '%s --help'.".formatted(command.getCommandSpec().qualifiedName()));
    return ExitCode.WRONG;
  }

  private static void say(PrintWriter err, String message) {
    err.println("postern: " + message);
  }
}
