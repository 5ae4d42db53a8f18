package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.resolver.MachineResolver;
import org.postern.clientconnector.local.system.Commands;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the machine is told about our names: routes, redirection and its resolver; and what it does
 * meanwhile that these must follow. Blocks; used by the worker.
 */
final class MachineSide {

  private static final Logger log = LoggerFactory.getLogger(MachineSide.class);

  private final InterceptionOptions options;
  private final Commands commands;
  private final Ipv6Side ipv6;
  private final Ipv6Side.Means means;
  private final MachineResolver resolver;
  private final Consumer<List<InetSocketAddress>> onUpstreams;
  private OwnedNames owned = OwnedNames.NONE;

  /**
   * Nothing is told yet.
   *
   * @param means device and redirection, of IPv4 too
   * @param onUpstreams called with the machine's other name servers whenever they may have changed
   */
  MachineSide(
      InterceptionOptions options,
      Commands commands,
      Ipv6Side ipv6,
      Ipv6Side.Means means,
      MachineResolver resolver,
      Consumer<List<InetSocketAddress>> onUpstreams) {
    this.options = options;
    this.commands = commands;
    this.ipv6 = ipv6;
    this.means = means;
    this.resolver = resolver;
    this.onUpstreams = onUpstreams;
  }

  /** Who keeps the machine's list of name servers; any thread. */
  String resolverKind() {
    return resolver.kind();
  }

  /** Sends the machine's questions to us; its other name servers are known before and after. */
  void pointResolver() throws IOException {
    onUpstreams.accept(resolver.upstreams());
    resolver.point(owned);
    onUpstreams.accept(resolver.upstreams());
  }

  /** Other names and ranges are ours. */
  void apply(OwnedNames next) {
    owned = next;
    try {
      permitRanges();
      resolver.point(next);
      onUpstreams.accept(resolver.upstreams());
    } catch (IOException e) {
      log.warn("names were updated, the machine was not: {}", e.getMessage());
    }
  }

  private void permitRanges() throws IOException {
    var ranges = RoutableRanges.here(options, ipv6.twin(), commands).of(owned.ranges());
    means.device().route(ranges);
    means.table().permitRanges(ranges);
  }

  /**
   * Somebody else may have rewritten the list of name servers, with better ones in it; and IPv6 may
   * have been switched on or off.
   */
  void follow() {
    try {
      if (ipv6.follow(means)) {
        permitRanges();
      }
    } catch (IOException e) {
      log.warn("the machine's IPv6 cannot be followed: {}", e.getMessage());
    }
    try {
      resolver.point(owned);
      onUpstreams.accept(resolver.upstreams());
    } catch (IOException e) {
      log.warn("the machine's resolver cannot be kept pointed at us: {}", e.getMessage());
    }
  }
}
