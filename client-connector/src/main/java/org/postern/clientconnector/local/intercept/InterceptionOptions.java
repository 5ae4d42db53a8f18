package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.resolver.ResolverDetection;

/**
 * How transparent mode is set up on this machine.
 *
 * @param interfaceName name of the TUN device, 1 to 15 of a-z and 0-9, ending in a digit; the next
 *     free number is taken if it exists
 * @param range synthetic range, /8 to /22; its first 256 addresses are reserved and .2 is the
 *     resolver
 * @param ipv6 where the IPv6 twins of synthetic addresses come from
 * @param stateDirectory where the map from names to addresses is kept across restarts
 * @param runDirectory where what must be undone after a crash is journalled; one process per
 *     directory
 * @param resolver how the machine's name resolution is pointed at us
 * @param carriersTo addresses of brokers and proxies: a permitted address range that holds one of
 *     them is left alone, or the tunnel would be asked to carry itself
 */
public record InterceptionOptions(
    String interfaceName,
    Ipv4Range range,
    Ipv6Choice ipv6,
    Path stateDirectory,
    Path runDirectory,
    ResolverChoice resolver,
    List<IpAddress> carriersTo) {

  /** The range unless the operator moves it. */
  public static final Ipv4Range DEFAULT_RANGE = Ipv4Range.parse("100.64.0.0/16");

  /** Who keeps the machine's list of name servers. */
  public enum ResolverChoice {
    /** Find out. */
    AUTO(null),
    /** systemd-resolved, through resolvectl. */
    SYSTEMD_RESOLVED(ResolverDetection.Keeper.SYSTEMD_RESOLVED),
    /** NetworkManager, through nmcli. */
    NETWORK_MANAGER(ResolverDetection.Keeper.NETWORK_MANAGER),
    /** resolvconf or openresolv. */
    RESOLVCONF(ResolverDetection.Keeper.RESOLVCONF),
    /** /etc/resolv.conf itself. */
    FILE(ResolverDetection.Keeper.FILE),
    /** Leave it alone: somebody else sends our names to the resolver address. */
    NONE(ResolverDetection.Keeper.NONE);

    private final ResolverDetection.@Nullable Keeper keeper;

    ResolverChoice(ResolverDetection.@Nullable Keeper keeper) {
      this.keeper = keeper;
    }

    /** Who it is on this machine. */
    ResolverDetection.Keeper keeper(ResolverDetection detection) throws IOException {
      return keeper == null ? detection.detect() : keeper;
    }
  }

  public InterceptionOptions {
    if (!interfaceName.matches("[a-z][a-z0-9]{0,13}[0-9]")) {
      throw new IllegalArgumentException(
          "interface name: "
              + interfaceName
              + " (expected: 2 to 15 of a-z, 0-9, with a digit last)");
    }
    if (range.prefixLength() < 8 || range.prefixLength() > 22) {
      throw new IllegalArgumentException(
          "synthetic range: " + range + " (expected: a /8 to a /22, for example 100.64.0.0/16)");
    }
    if (ipv6 instanceof Ipv6Choice.At(Ipv6Range prefix)) {
      new Ipv6Twin(prefix, range); // says what is wrong with it
    }
    carriersTo = List.copyOf(carriersTo);
  }

  /** Defaults with these directories. */
  public static InterceptionOptions in(Path stateDirectory, Path runDirectory) {
    return new InterceptionOptions(
        "postern0",
        DEFAULT_RANGE,
        new Ipv6Choice.OfThisDevice(),
        stateDirectory,
        runDirectory,
        ResolverChoice.AUTO,
        List.of());
  }

  /** The same, with these addresses of brokers and proxies. */
  public InterceptionOptions withCarriersTo(List<IpAddress> addresses) {
    return new InterceptionOptions(
        interfaceName, range, ipv6, stateDirectory, runDirectory, resolver, addresses);
  }
}
