package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.system.Commands;

/** Looks for routes of this machine that lead to synthetic addresses; blocks. */
final class RouteClash {

  /** Default routes, also when they come as two halves, clash with nothing. */
  private static final int IPV4_DEFAULT_MAX = 1;

  /** Neither do routes for all unique local addresses: a narrower one goes before them. */
  private static final int IPV6_DEFAULT_MAX = 8;

  private static final int CANDIDATES_MAX = 64;

  private final Commands commands;

  RouteClash(Commands commands) {
    this.commands = commands;
  }

  /**
   * Fails if addresses of the range are in use on this machine, naming the route and a free range.
   */
  void requireFree(Ipv4Range range) throws IOException {
    List<Ipv4Range> taken = new ArrayList<>();
    String clash = routes("-4", line -> ipv4(destination(line)), taken, range::overlaps);
    if (clash != null) {
      throw inUse("range " + range, clash, suggestion(taken));
    }
  }

  /** The same for the twins; routes of our own device are no clash. */
  void requireFree(Ipv6Twin twin, String device) throws IOException {
    List<Ipv6Range> taken = new ArrayList<>();
    String clash =
        routes(
            "-6",
            line -> isOf(device, line) ? null : ipv6(destination(line)),
            taken,
            twin.twins()::overlaps);
    if (clash != null) {
      throw inUse("IPv6 range " + twin.twins(), clash, suggestion(twin, taken));
    }
  }

  /** Where routes of other devices than this one lead: ours must not take their place. */
  Set<IpRange> ofOthers(String device) throws IOException {
    Set<IpRange> others = new HashSet<>();
    for (String version : Ipv6Settings.isInKernel() ? List.of("-4", "-6") : List.of("-4")) {
      String everything = version.equals("-4") ? "0.0.0.0/0" : "::/0";
      String table = commands.run("", List.of("ip", version, "-o", "route", "show"));
      for (String line : table.lines().toList()) {
        if (!isOf(device, line)) {
          String destination = destination(line);
          range(destination.equals("default") ? everything : destination).ifPresent(others::add);
        }
      }
    }
    return others;
  }

  private static boolean isOf(String device, String line) {
    return (line + " ").contains(" dev " + device + " ");
  }

  private static Optional<IpRange> range(String destination) {
    try {
      return Optional.of(IpRange.parse(destination));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // unreachable, blackhole, ...
    }
  }

  /** Collects the destinations of all routes, and returns the first route that clashes. */
  private <R> @Nullable String routes(
      String version, Function<String, @Nullable R> reader, List<R> taken, Predicate<R> clashes)
      throws IOException {
    String table = commands.run("", List.of("ip", version, "-o", "route", "show", "table", "all"));
    String clash = null;
    for (String line : table.lines().toList()) {
      R route = reader.apply(line);
      if (route != null) {
        taken.add(route);
        if (clash == null && clashes.test(route)) {
          clash = line.strip();
        }
      }
    }
    return clash;
  }

  private static InterceptionException inUse(String what, String clash, String suggestion) {
    return new InterceptionException(
        "the synthetic "
            + what
            + " is in use on this machine by the route \""
            + clash
            + "\" ("
            + suggestion
            + ")");
  }

  private static String destination(String line) {
    String[] words = line.strip().split("\\s+");
    boolean typed = words.length > 1 && Set.of("local", "unicast").contains(words[0]);
    return typed ? words[1] : words[0];
  }

  private static @Nullable Ipv4Range ipv4(String destination) {
    try {
      Ipv4Range range = Ipv4Range.parse(destination);
      return range.prefixLength() <= IPV4_DEFAULT_MAX ? null : range;
    } catch (IllegalArgumentException e) {
      return null; // default, broadcast, unreachable, ...
    }
  }

  private static @Nullable Ipv6Range ipv6(String destination) {
    try {
      Ipv6Range range = Ipv6Range.parse(destination);
      return range.prefixLength() <= IPV6_DEFAULT_MAX ? null : range;
    } catch (IllegalArgumentException e) {
      return null; // default, multicast, anycast, unreachable, ...
    }
  }

  private static String suggestion(List<Ipv4Range> taken) {
    for (int second = 64; second < 128; second++) {
      Ipv4Range candidate = Ipv4Range.parse("100." + second + ".0.0/16");
      if (taken.stream().noneMatch(candidate::overlaps)) {
        return "choose a free one, for example --range " + candidate;
      }
    }
    return "choose a free one with --range";
  }

  /** The networks (/48) after this one. */
  private static String suggestion(Ipv6Twin twin, List<Ipv6Range> taken) {
    for (int i = 1; i < CANDIDATES_MAX; i++) {
      long high = twin.prefix().base().high() + ((long) i << 16);
      Ipv6Range candidate = new Ipv6Range(new Ipv6Address(high, 0), 96);
      if (Ipv6Twin.isPrefix(candidate) && taken.stream().noneMatch(candidate::overlaps)) {
        return "choose a free one, for example --range6 " + candidate + ", or --range6 off";
      }
    }
    return "choose a free /96 of fd00::/8 with --range6, or --range6 off";
  }
}
