package org.postern.appconnector.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.enroll.BrokerTrust;
import org.postern.appconnector.enroll.Enrollment;
import picocli.CommandLine.Option;

/** What enrollment is told; everything but the key may also come from the environment. */
final class EnrollOptions {
  @Option(
      names = "--broker",
      paramLabel = "URL",
      description =
          "The broker's address, for example https://broker.example:443. [POSTERN_BROKER]")
  @Nullable String broker;

  @Option(
      names = "--ca-fingerprint",
      paramLabel = "SHA256",
      description =
          "Fingerprint of the deployment's root certificate, as the broker prints it."
              + " [POSTERN_CA_FINGERPRINT]")
  @Nullable String caFingerprint;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description =
          "PEM file with the root to trust instead; without either, this machine's own roots."
              + " [POSTERN_CA_FILE]")
  @Nullable Path ca;

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description =
          "File that holds the provisioning key, or - for standard input. Never pass the key"
              + " itself: others can read a process's arguments. [POSTERN_PROVISIONING_KEY_FILE]")
  @Nullable Path keyFile;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name in the inventory; the host name by default.")
  @Nullable String name;

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description =
          "Way out of this network: http://host:port or socks5://host:port. [POSTERN_PROXY]")
  @Nullable String proxy;

  boolean isComplete(Map<String, String> environment) {
    return broker(environment) != null && keyFile(environment) != null;
  }

  @Nullable String broker(Map<String, String> environment) {
    return broker != null ? broker : environment.get("POSTERN_BROKER");
  }

  @Nullable Path keyFile(Map<String, String> environment) {
    return keyFile != null ? keyFile : path(environment, "POSTERN_PROVISIONING_KEY_FILE");
  }

  Enrollment.Request request(Map<String, String> environment) throws CommandFailure {
    String url = broker(environment);
    if (url == null) {
      throw new CommandFailure(
          ExitCode.USAGE, "--broker is missing; for example --broker https://broker.example:443");
    }
    String host = hostName(environment);
    try {
      return new Enrollment.Request(
          URI.create(url),
          trust(environment),
          ProxyOption.parse(proxyText(environment)).flatMap(ProxyOption::http),
          name == null ? host : name,
          host,
          platform());
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  @Nullable String proxyText(Map<String, String> environment) {
    return proxy != null ? proxy : environment.get("POSTERN_PROXY");
  }

  private BrokerTrust trust(Map<String, String> environment) {
    String pin = caFingerprint != null ? caFingerprint : environment.get("POSTERN_CA_FINGERPRINT");
    if (pin != null) {
      return new BrokerTrust.Fingerprint(pin);
    }
    Path file = ca != null ? ca : path(environment, "POSTERN_CA_FILE");
    return file == null ? new BrokerTrust.Machine() : new BrokerTrust.CaFile(file);
  }

  private static @Nullable Path path(Map<String, String> environment, String name) {
    String text = environment.get(name);
    return text == null || text.isEmpty() ? null : Path.of(text);
  }

  static String hostName(Map<String, String> environment) {
    String named = environment.get("HOSTNAME");
    if (named != null && !named.isEmpty()) {
      return named;
    }
    try {
      return Files.exists(Path.of("/etc/hostname"))
          ? Files.readString(Path.of("/etc/hostname")).strip()
          : InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unnamed";
    } catch (java.io.IOException e) {
      return "unnamed";
    }
  }

  static String platform() {
    String os = System.getProperty("os.name", "unknown").toLowerCase(Locale.ROOT);
    String machine = System.getProperty("os.arch", "unknown").toLowerCase(Locale.ROOT);
    return os + "-" + (machine.equals("amd64") ? "x86_64" : machine);
  }

  /** A proxy's address for the two clients that need it. */
  record ProxyOption(boolean socks, String host, int port) {
    static Optional<ProxyOption> parse(@Nullable String text) {
      if (text == null || text.isEmpty()) {
        return Optional.empty();
      }
      URI uri = URI.create(text);
      boolean socks = "socks5".equals(uri.getScheme());
      if ((!socks && !"http".equals(uri.getScheme()))
          || uri.getHost() == null
          || uri.getPort() < 1
          || uri.getUserInfo() != null) {
        throw new IllegalArgumentException(
            "--proxy is not understood; expected http://host:port or socks5://host:port, without a"
                + " password in it");
      }
      return Optional.of(new ProxyOption(socks, uri.getHost(), uri.getPort()));
    }

    Optional<InetSocketAddress> http() {
      if (socks) {
        throw new IllegalArgumentException(
            "enrollment goes through an HTTP proxy or directly, not through SOCKS; enroll from a"
                + " place that reaches the broker and copy the data directory");
      }
      return Optional.of(new InetSocketAddress(host, port));
    }
  }
}
