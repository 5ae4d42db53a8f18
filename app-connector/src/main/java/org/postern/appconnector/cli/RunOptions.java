package org.postern.appconnector.cli;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.appconnector.upstream.AddressRange;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.tunnel.link.EgressProxy;
import picocli.CommandLine.Option;

/** How the connector runs. */
final class RunOptions {
  @Option(
      names = "--resolver",
      paramLabel = "ADDRESS",
      description =
          "Name server to ask instead of those in /etc/resolv.conf, for example 10.0.0.2; may be"
              + " given several times. The hosts file is not read then.")
  List<String> resolvers = List.of();

  @Option(
      names = "--deny",
      paramLabel = "CIDR",
      description =
          "Addresses that are never dialled, whatever the broker grants, for example 10.0.9.0/24;"
              + " may be given several times. Loopback, link-local and metadata addresses are"
              + " denied unless the application names them.")
  List<String> denied = List.of();

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long flows may go on after the signal to stop; ${DEFAULT-VALUE} by default.")
  int drainSeconds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Event loops; one per processor by default.")
  int threads;

  @Option(
      names = {"-v", "--verbose"},
      description = "Logs every flow and lane.")
  boolean verbose;

  /**
   * The options, read.
   *
   * @param resolvers empty: the system's
   */
  record Settings(
      List<InetSocketAddress> resolvers,
      List<AddressRange> denied,
      Duration drain,
      int threads,
      Optional<EgressProxy> proxy) {}

  Settings settings(@Nullable String proxy) throws CommandFailure {
    try {
      return new Settings(
          resolvers.stream().map(SystemResolver::parseServer).toList(),
          denied.stream().map(AddressRange::parse).toList(),
          Duration.ofSeconds(Math.max(0, drainSeconds)).plusMillis(1),
          threads > 0 ? threads : Runtime.getRuntime().availableProcessors(),
          EnrollOptions.ProxyOption.parse(proxy).map(RunOptions::egress));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private static EgressProxy egress(EnrollOptions.ProxyOption proxy) {
    return new EgressProxy(
        proxy.socks() ? EgressProxy.Kind.SOCKS5 : EgressProxy.Kind.HTTP_CONNECT,
        proxy.host(),
        proxy.port(),
        Optional.empty());
  }
}
