package org.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What this machine has, and what it allows. */
final class Tools {
  private static final Duration INSTALL = Duration.ofMinutes(3);
  private static final Duration PROBE = Duration.ofSeconds(10);
  private static final Map<String, String> PACKAGES =
      Map.of("nft", "nftables", "ip", "iproute2", "unshare", "util-linux", "nsenter", "util-linux");

  private final Teller teller;
  private final Path work;

  Tools(Teller teller, Path work) {
    this.teller = teller;
    this.work = work;
  }

  /** A program of this machine, also where an ordinary user's path does not lead. */
  static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(
            Stream.of(path.split(":", -1)), Stream.of("/usr/sbin", "/sbin", "/usr/bin", "/bin"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Namespaces where the machine allows them; else loopback, and why. */
  Ground ground(boolean loopbackWanted) throws DemoException {
    if (loopbackWanted) {
      return new LoopbackGround("you asked for it");
    }
    List<String> missing = missing();
    if (!missing.isEmpty() && "root".equals(System.getProperty("user.name"))) {
      install(missing);
      missing = missing();
    }
    if (!missing.isEmpty()) {
      return new LoopbackGround(
          "these programs are missing here: %s (install the packages %s to get the whole of it)"
              .formatted(String.join(", ", missing), String.join(", ", packages(missing))));
    }
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      return new LoopbackGround("this machine has no /dev/net/tun");
    }
    if (!Files.isWritable(Path.of("/dev/net/tun"))) {
      return new LoopbackGround("/dev/net/tun may be opened by root only here (usual: mode 0666)");
    }
    Program probe =
        Program.start(new Program.Order("probe", NamespaceGround.probe(), Map.of()), work);
    if (probe.awaitExit(PROBE) != 0) {
      return new LoopbackGround(
          "this machine does not allow namespaces (%s)".formatted(probe.lastWords(1)));
    }
    return NamespaceGround.create(work);
  }

  private static List<String> missing() {
    return PACKAGES.keySet().stream().filter(each -> find(each).isEmpty()).sorted().toList();
  }

  private static List<String> packages(List<String> programs) {
    return programs.stream().map(each -> PACKAGES.getOrDefault(each, each)).distinct().toList();
  }

  private void install(List<String> programs) throws DemoException {
    Optional<Path> apt = find("apt-get");
    if (apt.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>(List.of(apt.get().toString(), "install", "-y", "-q"));
    command.addAll(packages(programs));
    teller.tell("installing what is missing: " + String.join(" ", command));
    Program install =
        Program.start(
            new Program.Order("apt", command, Map.of("DEBIAN_FRONTEND", "noninteractive")), work);
    if (install.awaitExit(INSTALL) != 0) {
      teller.tell("that did not work: " + install.lastWords(2));
    }
  }

  /** A port's listeners, as /proc/net/tcp tells them: local address and port in hexadecimal. */
  static List<String> listeners(Path procNetTcp) throws IOException {
    List<String> found = new ArrayList<>();
    for (String line : Files.readAllLines(procNetTcp)) {
      String[] words = line.strip().split("\\s+");
      if (words.length > 9 && words[3].equals("0A")) {
        found.add(words[1] + " inode " + words[9]);
      }
    }
    return found;
  }
}
