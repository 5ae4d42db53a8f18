package org.postern.clientconnector.local.intercept;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.synthetic.SyntheticAddresses;
import org.postern.clientconnector.local.system.Commands;
import org.postern.clientconnector.local.tun.TunDevice;

/** Address and routes of the TUN device, through {@code ip}; blocks. */
final class Device {

  private final Commands commands;
  private final String name;
  private final Ipv4Range synthetic;
  private Set<IpRange> routed = Set.of();

  Device(Commands commands, String name, Ipv4Range synthetic) {
    this.commands = commands;
    this.name = name;
    this.synthetic = synthetic;
  }

  void bringUp(int ownAddress) throws IOException {
    String address = Ipv4Range.text(ownAddress) + "/" + synthetic.prefixLength();
    List<String> lines = new ArrayList<>();
    lines.add("link set dev " + name + " mtu " + TunDevice.MTU);
    if (Ipv6Settings.isInKernel()) {
      // No link-local address: with nobody on the link, each would only cause packets.
      lines.add("link set dev " + name + " addrgenmode none");
    }
    lines.add("link set dev " + name + " up");
    lines.add("address add " + address + " dev " + name);
    batch(lines);
  }

  /**
   * Gives the device its address among the twins, and with it the route to them. It is what
   * programs send from, so that a machine without any other IPv6 address has a source for them;
   * there is nobody to ask whether it is taken, and it is usable at once. Other IPv6 routes are to
   * be made anew: whatever took the address took them.
   */
  void bringUp(Ipv6Twin twin) throws IOException {
    forgetIpv6Routes();
    int prefixLength = twin.twins().prefixLength();
    batch(
        List.of(
            "link set dev " + name + " addrgenmode none",
            "address replace " + address(twin) + "/" + prefixLength + " dev " + name + " nodad"));
  }

  /** The device's own address among the twins. */
  Ipv6Address address(Ipv6Twin twin) {
    return twin.of(synthetic.base() + SyntheticAddresses.DEVICE_OFFSET);
  }

  /** Takes all IPv6 away from the device; harmless where the machine did so before. */
  void withdrawTwin() throws IOException {
    forgetIpv6Routes();
    if (Ipv6Settings.isInKernel()) {
      commands.run("", List.of("ip", "-6", "route", "flush", "dev", name));
      commands.run("", List.of("ip", "-6", "address", "flush", "dev", name));
    }
  }

  private void forgetIpv6Routes() {
    routed =
        routed.stream().filter(range -> range instanceof Ipv4Range).collect(Collectors.toSet());
  }

  /** Routes these ranges to the device, and no others besides the synthetic one. */
  void route(List<IpRange> ranges) throws IOException {
    Set<IpRange> wanted = new LinkedHashSet<>(ranges);
    List<String> lines = new ArrayList<>();
    for (IpRange range : routed) {
      if (!wanted.contains(range)) {
        lines.add("route del " + range + " dev " + name);
      }
    }
    for (IpRange range : wanted) {
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
