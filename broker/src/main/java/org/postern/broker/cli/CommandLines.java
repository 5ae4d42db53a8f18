package org.postern.broker.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** How all commands behave: errors in one line for a person, exit codes as documented. */
public final class CommandLines {
  private CommandLines() {}

  /** A command line around the given root command. */
  public static CommandLine of(Object root) {
    CommandLine commands = new CommandLine(root);
    commands.setExecutionStrategy(CommandLines::run);
    commands.setExecutionExceptionHandler(CommandLines::failed);
    commands.setParameterExceptionHandler(CommandLines::misused);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setUsageHelpAutoWidth(true);
    return commands;
  }

  private static int run(CommandLine.ParseResult parsed) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } finally {
      parsed.asCommandLineList().stream()
          .flatMap(each -> each.getCommandSpec().mixins().values().stream())
          .map(CommandLine.Model.CommandSpec::userObject)
          .filter(Connection.class::isInstance)
          .forEach(each -> ((Connection) each).close());
    }
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
    say(command.getErr(), explained(e, command));
    command
        .getErr()
        .println("Try '%s --help'.".formatted(command.getCommandSpec().qualifiedName()));
    return ExitCode.WRONG;
  }

  /** Picocli's words, and what was expected where they do not say it. */
  private static String explained(CommandLine.ParameterException e, CommandLine command) {
    String words =
        String.valueOf(e.getMessage()).replaceAll("is not (a long|an int)$", "is not a number");
    Object code = command.getCommandSpec().userObject();
    boolean runs = code instanceof Runnable || code instanceof Callable<?>;
    List<String> names =
        command.getSubcommands().values().stream()
            .map(CommandLine::getCommandName)
            .distinct()
            .toList();
    if (!(e instanceof CommandLine.UnmatchedArgumentException unmatched)) {
      return runs || names.isEmpty() ? words : words + " (expected one of: " + join(names) + ")";
    }
    String first = unmatched.getUnmatched().getFirst();
    List<String> near = unmatched.getSuggestions();
    String meant = near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    if (!runs && !names.isEmpty()) {
      return first.startsWith("-")
          ? "%s: a command comes before options (expected one of: %s)".formatted(first, join(names))
          : "there is no command %s%s (expected one of: %s)".formatted(first, meant, join(names));
    }
    boolean file = !first.startsWith("-") && command.getCommandSpec().findOption("-f") != null;
    return words + (file ? "; a file is given with -f: -f " + first : meant);
  }

  private static String join(List<String> names) {
    return String.join(", ", names);
  }

  private static void say(PrintWriter err, String message) {
    err.println("postern: " + message);
  }
}
