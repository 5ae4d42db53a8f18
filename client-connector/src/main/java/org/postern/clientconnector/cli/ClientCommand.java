package org.postern.clientconnector.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands of the client connector, under one name. */
@Command(
    name = "postern",
    mixinStandardHelpOptions = true,
    description = "Private applications by name, from this device.",
    subcommands = {
      LoginCommand.class,
      LogoutCommand.class,
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      WhyCommand.class,
      RequestCommand.class,
      ConnectCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it worked",
      "1:it did not; the message says why and what to do next",
      "2:the command line was wrong",
      "3:policy or the application refused, or cut the connection",
      "4:no client connector is running, or it has no link to the broker"
    })
public final class ClientCommand {
  private ClientCommand() {}

  /** Runs one command line; returns the exit code. Blocking. */
  public static int run(Surroundings surroundings, String... arguments) {
    return commandLine(surroundings).execute(arguments);
  }

  /** The commands, to run or to mount. */
  public static CommandLine commandLine(Surroundings surroundings) {
    ClientCommand root = new ClientCommand();
    CommandLine line =
        new CommandLine(
            root,
            new CommandLine.IFactory() {
              @Override
              public <K> K create(Class<K> type) throws Exception {
                return type.equals(ClientCommand.class)
                    ? type.cast(root)
                    : build(type, surroundings);
              }
            });
    version(line);
    line.setOut(new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8));
    if (surroundings.plain()) {
      line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    }
    line.setExecutionExceptionHandler((failure, command, parsed) -> {
      surroundings.err().println("postern: " + failure.getMessage());
      return failure instanceof CommandFailure known ? known.exitCode() : ExitCode.FAILED;
    });
    return line;
  }

  private static void version(CommandLine line) {
    line.getCommandSpec().version("postern " + Version.TEXT);
    line.getSubcommands().values().forEach(ClientCommand::version);
  }

  private static <K> K build(Class<K> type, Surroundings surroundings) throws Exception {
    if (type.equals(LoginCommand.class)) {
      return type.cast(new LoginCommand(surroundings));
    }
    if (type.equals(LogoutCommand.class)) {
      return type.cast(new LogoutCommand(surroundings));
    }
    if (type.equals(UpCommand.class)) {
      return type.cast(new UpCommand(surroundings));
    }
    if (type.equals(DownCommand.class)) {
      return type.cast(new DownCommand(surroundings));
    }
    if (type.equals(StatusCommand.class)) {
      return type.cast(new StatusCommand(surroundings));
    }
    if (type.equals(WhyCommand.class)) {
      return type.cast(new WhyCommand(surroundings));
    }
    if (type.equals(RequestCommand.class)) {
      return type.cast(new RequestCommand(surroundings));
    }
    if (type.equals(ConnectCommand.class)) {
      return type.cast(new ConnectCommand(surroundings));
    }
    return CommandLine.defaultFactory().create(type);
  }
}
