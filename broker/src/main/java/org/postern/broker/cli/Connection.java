package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Which broker to ask, whom to trust there, and what to show. Each is taken from the option, else
 * from the environment, else from {@code ~/.config/postern/admin.json}.
 */
final class Connection {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Broker's address, https://HOST[:PORT]. Also POSTERN_ADMIN_URL.")
  private @Nullable String url;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "Certificates to trust there (DATA_DIR/ca.pem). Also POSTERN_ADMIN_CA. None: those of"
              + " Java.")
  private @Nullable Path ca;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Holds the admin token (DATA_DIR/admin.token). Also POSTERN_ADMIN_TOKEN_FILE.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "The broker's data directory, when it is on this machine: --ca and --token-file.")
  private @Nullable Path dataDir;

  @Option(names = "--json", description = "Write JSON, for programs.")
  private boolean json;

  private Map<String, String> environment = System.getenv();
  private final List<AdminClient> clients = new ArrayList<>();

  boolean json() {
    return json;
  }

  AdminClient open() {
    JsonNode file = configFile();
    return opened(new AdminClient(address(), trust(file), token(file)));
  }

  /** For the one request that brings a token. */
  AdminClient openWithoutToken() {
    return opened(new AdminClient(address(), trust(configFile()), ""));
  }

  private AdminClient opened(AdminClient client) {
    clients.add(client);
    return client;
  }

  /** Ends what was opened. */
  void close() {
    clients.forEach(AdminClient::close);
    clients.clear();
  }

  /** Where the broker is. */
  URI address() {
    return uri(
        Optional.ofNullable(url)
            .or(() -> Optional.ofNullable(environment.get("POSTERN_ADMIN_URL")))
            .or(() -> text(configFile(), "url"))
            .orElse("https://localhost"));
  }

  /** Keeps a token of {@code postern admin login} where later commands find it. */
  Path keepToken(String token) throws IOException {
    Path kept = tokenFile != null ? tokenFile : configFolder().resolve("admin.token");
    LoginCommand.write(kept, token + "\n");
    return kept;
  }

  private Optional<Path> trust(JsonNode file) {
    return Optional.ofNullable(ca)
        .or(() -> Optional.ofNullable(dataDir).map(dir -> dir.resolve("ca.pem")))
        .or(() -> Optional.ofNullable(environment.get("POSTERN_ADMIN_CA")).map(Path::of))
        .or(() -> text(file, "ca").map(Path::of));
  }

  private static URI uri(String address) {
    try {
      URI uri = URI.create(address);
      if ("https".equals(uri.getScheme()) && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new CommandException(
        ExitCode.WRONG,
        "--url " + address + " is not an address of a broker (expected: https://HOST[:PORT])");
  }

  private String token(JsonNode file) {
    Optional<Path> path =
        Optional.ofNullable(tokenFile)
            .or(() -> Optional.ofNullable(dataDir).map(dir -> dir.resolve("admin.token")));
    String direct = environment.get("POSTERN_ADMIN_TOKEN");
    if (path.isEmpty() && direct != null) {
      return direct.strip();
    }
    Path source =
        path.or(() ->
                Optional.ofNullable(environment.get("POSTERN_ADMIN_TOKEN_FILE")).map(Path::of))
            .or(() -> text(file, "tokenFile").map(Path::of))
            .or(() -> Optional.of(configFolder().resolve("admin.token")).filter(Files::isReadable))
            .orElseThrow(() ->
                new CommandException(
                    ExitCode.TOKEN,
                    "no admin token: run 'postern admin login', or give --token-file FILE or"
                        + " --data-dir DIR, or set POSTERN_ADMIN_TOKEN_FILE"));
    try {
      return Files.readString(source).strip();
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.TOKEN,
          "cannot read the admin token from "
              + source
              + ": "
              + GivenFile.reason(source, e)
              + "; postern admin login makes one, and DATA_DIR/admin.token on the broker's host is"
              + " one");
    }
  }

  private Path configFolder() {
    String home = environment.getOrDefault("XDG_CONFIG_HOME", "");
    Path folder =
        home.isEmpty()
            ? Path.of(environment.getOrDefault("HOME", "/nonexistent"), ".config")
            : Path.of(home);
    return folder.resolve("postern");
  }

  private JsonNode configFile() {
    Path file = configFolder().resolve("admin.json");
    if (!Files.isReadable(file)) {
      return JSON.createObjectNode();
    }
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new CommandException(ExitCode.WRONG, file + " is not JSON: mend or remove it");
    }
  }

  private static Optional<String> text(JsonNode node, String name) {
    return Optional.ofNullable(node.path(name).textValue());
  }
}
