package org.postern.appconnector;

import java.security.SecureRandom;
import java.time.Clock;
import org.postern.appconnector.cli.ConnectorCommand;
import org.postern.appconnector.cli.LogFormat;
import org.postern.appconnector.cli.Surroundings;
import picocli.CommandLine;

/** {@code postern connector}. */
public final class ConnectorMain {
  private ConnectorMain() {}

  /** The command with its subcommands, for a launcher to run or to mount. */
  public static CommandLine command() {
    Surroundings surroundings =
        new Surroundings(
            Clock.systemUTC(),
            System::nanoTime,
            new SecureRandom(),
            System.getenv(),
            System.in,
            System.out,
            System.err);
    return ConnectorCommand.commandLine(surroundings);
  }

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    LogFormat.choose(System.getenv());
    System.exit(command().execute(arguments));
  }
}
