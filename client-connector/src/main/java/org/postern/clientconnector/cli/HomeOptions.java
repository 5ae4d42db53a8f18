package org.postern.clientconnector.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where this device's identity and the running client connector are found. */
final class HomeOptions {
  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "identity and address map; default: $POSTERN_STATE_DIR, /var/lib/postern/client for root,"
              + " ~/.local/state/postern otherwise")
  private @Nullable Path stateDir;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description =
          "control socket of the running client connector; default: $POSTERN_RUN_DIR, /run/postern"
              + " for root, $XDG_RUNTIME_DIR/postern otherwise")
  private @Nullable Path runDir;

  Path state(Map<String, String> environment) {
    return choose(
        stateDir,
        environment.get("POSTERN_STATE_DIR"),
        isRoot() ? Path.of("/var/lib/postern/client") : userState(environment));
  }

  Path run(Map<String, String> environment) {
    return choose(
        runDir,
        environment.get("POSTERN_RUN_DIR"),
        isRoot() ? Path.of("/run/postern") : userRun(environment));
  }

  Path socket(Map<String, String> environment) {
    return run(environment).resolve("client.sock");
  }

  private static Path choose(@Nullable Path option, @Nullable String variable, Path otherwise) {
    if (option != null) {
      return option;
    }
    return variable == null || variable.isEmpty() ? otherwise : Path.of(variable);
  }

  private static Path userState(Map<String, String> environment) {
    String base = environment.get("XDG_STATE_HOME");
    return base == null || base.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".local", "state", "postern")
        : Path.of(base, "postern");
  }

  private Path userRun(Map<String, String> environment) {
    String base = environment.get("XDG_RUNTIME_DIR");
    return base == null || base.isEmpty()
        ? state(environment).resolve("run")
        : Path.of(base, "postern");
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
