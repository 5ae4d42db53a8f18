package org.postern.appconnector.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the connector keeps its identity. */
final class HomeOption {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Directory for the identity, of this user alone; /var/lib/postern-connector by default,"
              + " or ~/.local/share/postern-connector when not root. [POSTERN_DATA_DIR]")
  @Nullable Path dataDir;

  ConnectorHome home(Map<String, String> environment) {
    if (dataDir != null) {
      return new ConnectorHome(dataDir);
    }
    String named = environment.get("POSTERN_DATA_DIR");
    if (named != null && !named.isEmpty()) {
      return new ConnectorHome(Path.of(named));
    }
    boolean root = "root".equals(System.getProperty("user.name"));
    return new ConnectorHome(
        root
            ? Path.of("/var/lib/postern-connector")
            : Path.of(
                System.getProperty("user.home", "."), ".local", "share", "postern-connector"));
  }
}
