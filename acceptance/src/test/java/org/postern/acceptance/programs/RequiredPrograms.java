package org.postern.acceptance.programs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Programs of the machine that a test cannot do without. */
final class RequiredPrograms {
  private static final Map<String, String> PACKAGES =
      Map.ofEntries(
          Map.entry("curl", "curl"),
          Map.entry("dig", "bind9-dnsutils"),
          Map.entry("iperf3", "iperf3"),
          Map.entry("ip", "iproute2"),
          Map.entry("nft", "nftables"),
          Map.entry("nsenter", "util-linux"),
          Map.entry("psql", "postgresql-client"),
          Map.entry("scp", "openssh-client"),
          Map.entry("ssh", "openssh-client"),
          Map.entry("sshd", "openssh-server"),
          Map.entry("sudo", "sudo"));

  private RequiredPrograms() {}

  /** Fails with the packages to install if one is missing. */
  static void check() {
    List<String> missing =
        PACKAGES.entrySet().stream()
            .filter(each -> !installed(each.getKey()))
            .map(each -> each.getKey() + " (package " + each.getValue() + ")")
            .sorted()
            .toList();
    if (!missing.isEmpty()) {
      throw new AssertionError(
          "not installed: %s; expected on a machine that runs the tests, see .ci/run"
              .formatted(String.join(", ", missing)));
    }
  }

  private static boolean installed(String program) {
    return Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
            Stream.of("/usr/sbin", "/sbin"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
