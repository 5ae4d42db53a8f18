package org.postern.clientconnector.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.posture.token.TokenSettings;
import picocli.CommandLine.Option;

/** Where keys that cannot leave this machine are looked for. */
final class TokenOptions {
  private static final String OFF = "off";

  @Option(
      names = "--pkcs11-module",
      paramLabel = "FILE|off",
      description =
          "PKCS #11 module whose tokens may hold protected keys (posture), may be given several"
              + " times; default: p11-kit's, if it is installed")
  private List<String> modules = new ArrayList<>();

  @Option(
      names = "--pkcs11-pin-file",
      paramLabel = "FILE",
      description = "holds the PIN of tokens that ask for one; mode 0600")
  private @Nullable Path pinFile;

  TokenSettings settings() throws CommandFailure {
    for (String module : modules) {
      if (!module.equals(OFF) && !module.startsWith("/")) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "--pkcs11-module: " + module + " (expected: a path that begins with /, or off)");
      }
    }
    return new TokenSettings(
        modules.isEmpty()
            ? TokenSettings.modulesOfMachine()
            : modules.stream().filter(module -> !module.equals(OFF)).toList(),
        pinFile == null ? "" : pinFile.toAbsolutePath().toString());
  }
}
