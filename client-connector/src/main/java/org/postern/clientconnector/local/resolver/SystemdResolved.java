package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.system.Commands;

/**
 * systemd-resolved, through resolvectl: our resolver belongs to our device, and only questions
 * about our names are routed to it. The settings disappear with the device.
 */
final class SystemdResolved implements MachineResolver {

  /** The servers that systemd-resolved itself asks, kept by it. */
  static final Path UPSTREAM_FILE = Path.of("/run/systemd/resolve/resolv.conf");

  private final String interfaceName;
  private final String address;
  private final Supplier<List<String>> reverseZones;
  private final Commands commands;
  private final Path upstreamFile;
  private final UndoJournal journal;
  private List<String> routed = List.of();
  private boolean journalled;

  SystemdResolved(
      String interfaceName,
      String address,
      Supplier<List<String>> reverseZones,
      Commands commands,
      Path upstreamFile,
      UndoJournal journal) {
    this.interfaceName = interfaceName;
    this.address = address;
    this.reverseZones = reverseZones;
    this.commands = commands;
    this.upstreamFile = upstreamFile;
    this.journal = journal;
  }

  @Override
  public String kind() {
    return "systemd-resolved";
  }

  @Override
  public void point(OwnedNames owned) throws IOException {
    List<String> domains = domains(owned);
    if (domains.equals(routed)) {
      return;
    }
    if (!journalled) {
      journal.add("resolvectl revert " + interfaceName + " 2>/dev/null || :");
      journalled = true;
    }
    control("dns", List.of(address));
    control("default-route", List.of("false"));
    control("llmnr", List.of("false"));
    control("mdns", List.of("false"));
    control("dnssec", List.of("false"));
    control("dnsovertls", List.of("false"));
    control("domain", domains);
    commands.run("", List.of("resolvectl", "flush-caches"));
    routed = domains;
  }

  @Override
  public List<InetSocketAddress> upstreams() throws IOException {
    return Files.exists(upstreamFile)
        ? ResolvConf.parse(Files.readString(upstreamFile)).nameServers(address)
        : List.of();
  }

  /** Routing-only domains carry a '~'; search domains do not. */
  private List<String> domains(OwnedNames owned) {
    List<String> domains = new ArrayList<>(owned.searchDomains());
    owned.routedDomains().stream()
        .sorted()
        .filter(domain -> !owned.searchDomains().contains(domain))
        .forEach(domain -> domains.add("~" + domain));
    owned.names().stream().sorted().forEach(name -> domains.add("~" + name));
    reverseZones.get().forEach(zone -> domains.add("~" + zone));
    return domains;
  }

  private void control(String property, List<String> values) throws IOException {
    List<String> command = new ArrayList<>(List.of("resolvectl", property, interfaceName));
    command.addAll(values);
    commands.run("", command);
  }
}
