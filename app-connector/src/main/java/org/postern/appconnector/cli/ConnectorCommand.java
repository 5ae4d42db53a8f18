package org.postern.appconnector.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code postern connector}: without a subcommand it does what {@code run} does. */
@Command(
    name = "connector",
    mixinStandardHelpOptions = true,
    description = {
      "The app connector: runs beside private applications, dials out to a broker, and reaches the"
          + " applications for users whom the broker's policy allows.",
      "",
      "It needs outbound TCP to the broker's port and to the applications, and a name server. It"
          + " needs no inbound port at all."
    },
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    footerHeading = "%nFirst steps:%n",
    footer = {
      "  on the broker   postern admin provisioning-key create --group vpc-a \\",
      "                      > vpc-a.key",
      "  here            postern connector enroll --broker https://broker.example \\",
      "                      --ca-fingerprint 3f9a... --key-file vpc-a.key",
      "  here            postern connector run"
    })
public final class ConnectorCommand implements Callable<Integer> {
  @Mixin private HomeOption homeOption = new HomeOption();
  @Mixin private EnrollOptions enrollOptions = new EnrollOptions();
  @Mixin private RunOptions runOptions = new RunOptions();

  private final Surroundings surroundings;

  private ConnectorCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** The command with its subcommands. */
  public static CommandLine commandLine(Surroundings surroundings) {
    CommandLine line =
        new CommandLine(new ConnectorCommand(surroundings))
            .addSubcommand(new EnrollCommand(surroundings))
            .addSubcommand(new RunCommand(surroundings))
            .addSubcommand(new StatusCommand(surroundings));
    line.getCommandSpec().usageMessage().exitCodeList(exitCodes());
    line.setExecutionExceptionHandler((exception, command, parsed) -> {
      surroundings.err().println("postern connector: " + exception.getMessage());
      return exception instanceof CommandFailure failure ? failure.exitCode() : ExitCode.FAILED;
    });
    return line;
  }

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    for (String each : ExitCode.LIST) {
      int colon = each.indexOf(':');
      codes.put(each.substring(0, colon), each.substring(colon + 1));
    }
    return codes;
  }

  @Override
  public Integer call() throws CommandFailure, IOException, InterruptedException {
    return RunCommand.run(homeOption, enrollOptions, runOptions, surroundings);
  }
}
