package org.postern.clientconnector.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.control.ControlClient;
import picocli.CommandLine.Option;

/** Where this device's identity and the running client connector are found. */
final class HomeOptions {
  private static final Path ROOT_STATE = Path.of("/var/lib/postern/client");
  private static final Path ROOT_RUN = Path.of("/run/postern");
  private static final String SOCKET = "client.sock";

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "identity and address map; default: $POSTERN_STATE_DIR, /var/lib/postern/client for root,"
              + " ~/.local/state/postern otherwise; with sudo that of the user who called it")
  private @Nullable Path stateDir;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description =
          "control socket of the running client connector; default: $POSTERN_RUN_DIR, /run/postern"
              + " for root, $XDG_RUNTIME_DIR/postern otherwise")
  private @Nullable Path runDir;

  /** The identity, used with the rights of its user. */
  DeviceHome device(Map<String, String> environment) throws IOException {
    Optional<SudoUser> user = sudoUser(environment);
    return new DeviceHome(
        state(environment), user.isPresent() ? FileRights.of(user.get()) : FileRights.OWN);
  }

  Path state(Map<String, String> environment) throws IOException {
    Optional<SudoUser> user = sudoUser(environment);
    if (user.isPresent()) {
      return userState(environment, user.get().home());
    }
    return choose(stateDir, environment.get("POSTERN_STATE_DIR"), defaultState(environment));
  }

  /**
   * Where the running client connector writes: with the identity, but with sudo in a folder of
   * root's, out of the user's reach.
   */
  Path work(Map<String, String> environment) throws IOException {
    Optional<SudoUser> user = sudoUser(environment);
    return user.isPresent() ? ROOT_STATE.resolve("for-" + user.get().uid()) : state(environment);
  }

  /** The user who called sudo, unless the folder was given: then we are who we are. */
  Optional<SudoUser> sudoUser(Map<String, String> environment) throws IOException {
    boolean given =
        stateDir != null || !environment.getOrDefault("POSTERN_STATE_DIR", "").isEmpty();
    return given || !isRoot() ? Optional.empty() : SudoUser.from(environment);
  }

  Path run(Map<String, String> environment) {
    return choose(
        runDir, environment.get("POSTERN_RUN_DIR"), isRoot() ? ROOT_RUN : userRun(environment));
  }

  /** Where the client connector listens that is started here. */
  Path socket(Map<String, String> environment) {
    return run(environment).resolve(SOCKET);
  }

  /** The running client connector: our own, or the one that root runs for us. */
  ControlClient client(Map<String, String> environment) {
    Path own = socket(environment);
    boolean given = runDir != null || !environment.getOrDefault("POSTERN_RUN_DIR", "").isEmpty();
    return new ControlClient(given ? List.of(own) : List.of(own, ROOT_RUN.resolve(SOCKET)));
  }

  private static Path choose(@Nullable Path option, @Nullable String variable, Path otherwise) {
    if (option != null) {
      return option;
    }
    return variable == null || variable.isEmpty() ? otherwise : Path.of(variable);
  }

  private static Path defaultState(Map<String, String> environment) {
    return isRoot() ? ROOT_STATE : userState(environment, Path.of(System.getProperty("user.home")));
  }

  private static Path userState(Map<String, String> environment, Path userHome) {
    String base = environment.get("XDG_STATE_HOME");
    return base == null || base.isEmpty()
        ? userHome.resolve(".local/state/postern")
        : Path.of(base, "postern");
  }

  private Path userRun(Map<String, String> environment) {
    String base = environment.get("XDG_RUNTIME_DIR");
    if (base != null && !base.isEmpty()) {
      return Path.of(base, "postern");
    }
    return choose(stateDir, environment.get("POSTERN_STATE_DIR"), defaultState(environment))
        .resolve("run");
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
