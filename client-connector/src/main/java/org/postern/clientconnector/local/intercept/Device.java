package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.system.Commands;
import org.postern.clientconnector.local.tun.TunDevice;

/** Address and routes of the TUN device, through {@code ip}; blocks. */
final class Device {

  private final Commands commands;
  private final String name;
  private final Ipv4Range synthetic;
  private Set<Ipv4Range> routed = Set.of();

  Device(Commands commands, String name, Ipv4Range synthetic) {
    this.commands = commands;
    this.name = name;
    this.synthetic = synthetic;
  }

  /**
   * Fails if addresses of the range are in use on this machine, naming the route and a free range.
   */
  static void requireFree(Commands commands, Ipv4Range range) throws IOException {
    String table = commands.run("", List.of("ip", "-4", "-o", "route", "show", "table", "all"));
    List<Ipv4Range> taken = new ArrayList<>();
    String clash = null;
    for (String line : table.lines().toList()) {
      Ipv4Range route = destination(line);
      if (route != null) {
        taken.add(route);
        if (clash == null && route.overlaps(range)) {
          clash = line.strip();
        }
      }
    }
    if (clash != null) {
      throw new InterceptionException(
          "the synthetic range "
              + range
              + " is in use on this machine by the route \""
              + clash
              + "\" ("
              + suggestion(taken)
              + ")");
    }
  }

  /** Default routes, also when they come as two halves, clash with nothing. */
  private static @Nullable Ipv4Range destination(String line) {
    String[] words = line.strip().split("\\s+");
    boolean typed = words.length > 1 && Set.of("local", "unicast").contains(words[0]);
    String target = typed ? words[1] : words[0];
    try {
      Ipv4Range range = Ipv4Range.parse(target);
      return range.prefixLength() <= 1 ? null : range;
    } catch (IllegalArgumentException e) {
      return null; // default, broadcast, unreachable, ...
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

  void bringUp(int ownAddress) throws IOException {
    String address = Ipv4Range.text(ownAddress) + "/" + synthetic.prefixLength();
    batch(
        List.of(
            "link set dev " + name + " mtu " + TunDevice.MTU,
            "link set dev " + name + " addrgenmode none",
            "link set dev " + name + " up",
            "address add " + address + " dev " + name));
  }

  /** Routes these ranges to the device, and no others besides the synthetic one. */
  void route(List<Ipv4Range> ranges) throws IOException {
    Set<Ipv4Range> wanted = new LinkedHashSet<>(ranges);
    List<String> lines = new ArrayList<>();
    for (Ipv4Range range : routed) {
      if (!wanted.contains(range)) {
        lines.add("route del " + range + " dev " + name);
      }
    }
    for (Ipv4Range range : wanted) {
      if (!routed.contains(range)) {
        lines.add("route replace " + range + " dev " + name);
      }
    }
    if (!lines.isEmpty()) {
      batch(lines);
    }
    routed = wanted;
  }

  private void batch(List<String> lines) throws IOException {
    commands.run(String.join("\n", lines) + "\n", List.of("ip", "-batch", "-"));
  }
}
