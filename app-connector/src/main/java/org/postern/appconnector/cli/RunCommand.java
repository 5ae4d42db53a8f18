package org.postern.appconnector.cli;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.util.concurrent.Callable;
import org.postern.identity.CredentialStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code postern connector run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the connector until it is told to stop (SIGTERM, SIGINT).",
      "",
      "It dials out to its broker on one port and listens on none. If it is not enrolled yet and"
          + " --broker and --key-file are given, it enrolls first."
    },
    footer = {"", "Example:", "  postern connector run --data-dir /var/lib/postern-connector"})
final class RunCommand implements Callable<Integer> {
  @Mixin private HomeOption homeOption = new HomeOption();
  @Mixin private EnrollOptions enrollOptions = new EnrollOptions();
  @Mixin private RunOptions runOptions = new RunOptions();

  private final Surroundings surroundings;

  RunCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException, InterruptedException {
    return run(homeOption, enrollOptions, runOptions, surroundings);
  }

  static int run(
      HomeOption homeOption,
      EnrollOptions enrollOptions,
      RunOptions runOptions,
      Surroundings surroundings)
      throws CommandFailure, IOException, InterruptedException {
    if (runOptions.verbose) {
      LogFormat.verbose();
    }
    ConnectorHome home = homeOption.home(surroundings.environment());
    try (FileLock lock = home.lock()) {
      assert lock.isValid();
      CredentialStore.Stored stored = stored(home, enrollOptions, surroundings);
      String proxy = enrollOptions.proxyText(surroundings.environment());
      new RunningConnector(home, stored, runOptions.settings(proxy), surroundings).run();
      return ExitCode.OK;
    }
  }

  private static CredentialStore.Stored stored(
      ConnectorHome home, EnrollOptions options, Surroundings surroundings) throws CommandFailure {
    var stored = home.load();
    boolean expired =
        stored.isPresent() && stored.get().credential().isExpired(surroundings.clock().instant());
    if (stored.isPresent() && !expired) {
      return stored.get();
    }
    if (!options.isComplete(surroundings.environment())) {
      throw new CommandFailure(
          ExitCode.NOT_ENROLLED,
          (expired
                  ? "the certificate in " + home.directory() + " has expired"
                  : "there is no identity in " + home.directory())
              + "; enroll with --broker URL --ca-fingerprint SHA256 --key-file FILE");
    }
    EnrollCommand.enroll(options, home, surroundings);
    return home.load()
        .orElseThrow(
            () -> new CommandFailure(ExitCode.FAILED, "the identity just stored is not there"));
  }
}
