package org.postern.clientconnector;

import java.time.Clock;
import org.postern.clientconnector.cli.ClientCommand;
import org.postern.clientconnector.cli.Surroundings;
import picocli.CommandLine;

/** The programs {@code postern login|logout|up|down|status|connect}. */
public final class ClientMain {
  private ClientMain() {}

  /** The commands, for a launcher to mount. */
  public static CommandLine command() {
    return ClientCommand.commandLine(surroundings());
  }

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    String level = System.getenv("POSTERN_LOG");
    if (level != null) {
      // Before the first logger is made: it is read once.
      System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", level);
    }
    System.exit(ClientCommand.run(surroundings(), arguments));
  }

  private static Surroundings surroundings() {
    return new Surroundings(
        Clock.systemUTC(), System::nanoTime, System.getenv(), System.out, System.err);
  }
}
