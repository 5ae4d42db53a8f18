package org.postern.clientconnector.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.intercept.InterceptionOptions;
import org.postern.clientconnector.local.intercept.Ipv6Choice;
import org.postern.identity.IdentityException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts the client connector. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = {
      "Starts the client connector. In transparent mode (needs root and Linux)"
          + " private names work in every program; without it, programs use the proxy on"
          + " loopback, or 'postern connect'. It stays in the background; 'postern status'"
          + " shows it, 'postern down' stops it.",
      "",
      "Example: sudo postern up",
      "Example: postern up --mode proxy --proxy 127.0.0.1:1055"
    })
final class UpCommand implements Callable<Integer> {
  static final String READY = "ready";

  private final Surroundings surroundings;

  /** How programs reach private names. */
  enum Mode {
    auto,
    transparent,
    proxy
  }

  @Option(
      names = "--mode",
      description =
          "auto (transparent where allowed, else proxy), transparent or proxy; default: auto")
  private Mode mode = Mode.auto;

  @Option(
      names = "--proxy",
      paramLabel = "ADDRESS:PORT|off",
      description = "SOCKS5 and HTTP CONNECT on this loopback address; default: 127.0.0.1:1055")
  private String proxy = "127.0.0.1:1055";

  @Option(
      names = "--range",
      paramLabel = "CIDR",
      description = "synthetic addresses; default: 100.64.0.0/16")
  private @Nullable String range;

  @Option(
      names = "--range6",
      paramLabel = "CIDR|off",
      description =
          "their IPv6 twins: a /96 in fd00::/8, or off; default: one that this device made for"
              + " itself")
  private @Nullable String range6;

  @Option(
      names = "--interface",
      paramLabel = "NAME",
      description = "name of the TUN device; default: postern0")
  private @Nullable String interfaceName;

  @Option(
      names = "--resolver",
      description =
          "who keeps the machine's name servers: ${COMPLETION-CANDIDATES}; default: detect")
  private InterceptionOptions.@Nullable ResolverChoice resolver;

  @Option(names = "--foreground", description = "stay in the foreground, for service managers")
  private boolean foreground;

  @Mixin private final HomeOptions home = new HomeOptions();

  @Mixin private final TokenOptions tokens = new TokenOptions();

  UpCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException, IdentityException {
    DeviceHome device = home.device(surroundings.environment());
    Optional<DeviceHome.SignedIn> signedIn = device.load();
    if (signedIn.isEmpty()) {
      throw new CommandFailure(
          ExitCode.NOT_CONNECTED,
          "this device is not signed in yet (looked in "
              + device.directory()
              + "); run 'postern login URL' first");
    }
    Path work = home.work(surroundings.environment());
    makePrivate(work);
    if (!foreground) {
      return startInBackground(work);
    }
    RunningClient.Options options =
        new RunningClient.Options(
            mode,
            proxyAddress(),
            interception(work),
            home.socket(surroundings.environment()),
            home.sudoUser(surroundings.environment()).map(SudoUser::uid),
            tokens.settings());
    return new RunningClient(surroundings, device, signedIn.get(), options).run();
  }

  private static void makePrivate(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      Files.createDirectories(folder.toAbsolutePath().getParent());
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  private Optional<InetSocketAddress> proxyAddress() throws CommandFailure {
    if (proxy.equals("off")) {
      return Optional.empty();
    }
    int colon = proxy.lastIndexOf(':');
    try {
      return Optional.of(
          new InetSocketAddress(
              InetAddress.ofLiteral(proxy.substring(0, Math.max(0, colon))),
              Integer.parseInt(proxy.substring(colon + 1))));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "--proxy: " + proxy + " (expected: 127.0.0.1:1055, or off)");
    }
  }

  private InterceptionOptions interception(Path work) throws CommandFailure {
    InterceptionOptions defaults =
        InterceptionOptions.in(
            work.resolve("names"), home.run(surroundings.environment()).resolve("undo"));
    try {
      return new InterceptionOptions(
          interfaceName == null ? defaults.interfaceName() : interfaceName,
          range == null ? defaults.range() : Ipv4Range.parse(range),
          range6 == null ? defaults.ipv6() : Ipv6Choice.parse(range6),
          defaults.stateDirectory(),
          defaults.runDirectory(),
          resolver == null ? defaults.resolver() : resolver,
          defaults.carriersTo());
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** Starts this same program in the foreground, away from the terminal, and waits until ready. */
  private Integer startInBackground(Path work) throws CommandFailure, IOException {
    Path log = work.resolve("client.log");
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      command.add("/usr/bin/setsid");
    }
    ProcessHandle.Info self = ProcessHandle.current().info();
    command.add(self.command().orElseThrow(() -> new IOException("this JVM does not know itself")));
    command.addAll(List.of(self.arguments().orElseThrow(() -> new IOException("no arguments"))));
    command.add("--foreground");
    Process child =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    child.getOutputStream().close();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        if (line.equals(READY)) {
          surroundings.out().println("Running. See 'postern status'; stop with 'postern down'.");
          return ExitCode.OK;
        }
        surroundings.out().println(line);
      }
    }
    throw new CommandFailure(
        ExitCode.FAILED, "the client connector did not start; its log is " + log);
  }
}
