package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.system.Commands;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The permitted ranges of which this machine's programs can be taken to the device, and the reason
 * in the log for those that are left alone. Immutable.
 */
final class RoutableRanges {

  private static final Logger log = LoggerFactory.getLogger(RoutableRanges.class);

  /** Loopback, link-local, multicast and what is reserved: the same on every machine. */
  private static final List<Ipv4Range> LOCAL =
      List.of(
          Ipv4Range.parse("127.0.0.0/8"),
          Ipv4Range.parse("169.254.0.0/16"),
          Ipv4Range.parse("224.0.0.0/3"));

  private static final List<Ipv6Range> LOCAL6 =
      List.of(Ipv6Range.parse("::1"), Ipv6Range.parse("fe80::/10"), Ipv6Range.parse("ff00::/8"));

  private final InterceptionOptions options;
  private final @Nullable Ipv6Twin twin;

  private final Set<IpRange> others;

  /**
   * With what is known of this machine.
   *
   * @param twin null where it has no IPv6
   * @param others where its other routes lead
   */
  RoutableRanges(InterceptionOptions options, @Nullable Ipv6Twin twin, Set<IpRange> others) {
    this.options = options;
    this.twin = twin;
    this.others = others;
  }

  /** Looks at this machine's routes; blocks. */
  static RoutableRanges here(
      InterceptionOptions options, @Nullable Ipv6Twin twin, Commands commands) throws IOException {
    return new RoutableRanges(
        options, twin, new RouteClash(commands).ofOthers(options.interfaceName()));
  }

  List<IpRange> of(List<IpRange> permitted) {
    List<IpRange> kept = new ArrayList<>();
    for (IpRange range : permitted) {
      String obstacle = obstacle(range);
      if (obstacle.isEmpty()) {
        kept.add(range);
      } else {
        log.warn("permitted range {} is left alone: {}", range, obstacle);
      }
    }
    return kept;
  }

  private String obstacle(IpRange range) {
    if (options.carriersTo().stream().anyMatch(range::holds)) {
      return "it holds the broker's address";
    }
    if (others.contains(range)) {
      return "this machine has a route of its own to it";
    }
    return switch (range) {
      case Ipv4Range ipv4 ->
          holds(ipv4.overlaps(options.range()), LOCAL.stream().anyMatch(ipv4::overlaps));
      case Ipv6Range ipv6 ->
          twin == null
              ? "there is no IPv6 here"
              : holds(ipv6.overlaps(twin.twins()), LOCAL6.stream().anyMatch(ipv6::overlaps));
    };
  }

  private static String holds(boolean synthetic, boolean local) {
    return synthetic
        ? "it holds synthetic addresses"
        : local ? "it holds addresses of this machine or of its links" : "";
  }
}
