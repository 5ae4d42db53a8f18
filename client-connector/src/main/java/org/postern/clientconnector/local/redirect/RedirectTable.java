package org.postern.clientconnector.local.redirect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.system.Commands;

/**
 * The nftables tables, one for IPv4 and one for its twin, that take permitted TCP to the listener.
 * A map leads from each synthetic address to the chain of its port list; names that share a port
 * list share a chain, so that a new name costs one element of a hash map, however many ranges its
 * list has. What no chain takes goes on to the device, which resets it: the program sees
 * "connection refused".
 *
 * <p>Blocks; used by one thread at a time, never by the event loop.
 */
public final class RedirectTable {

  /**
   * Different port lists that get a chain of their own; names beyond share one that takes every
   * port.
   */
  private static final int CHAINS_MAX = 256;

  /** The kernel refuses longer messages. */
  private static final int ELEMENTS_PER_MESSAGE = 200;

  private static final String EVERY_PORT = "every_port";
  private static final String IPV4 = "ip";
  private static final String IPV6 = "ip6";

  /**
   * The same rules once per version of IP, in a table each: what nft calls them, and what an
   * address is called in them.
   */
  private record Family(String name, int listenerPort, IntFunction<String> text) {
    String address(int address) {
      return text.apply(address);
    }

    String redirect() {
      return "redirect to :" + listenerPort;
    }
  }

  /**
   * The TCP ports of one address.
   *
   * @param address synthetic address
   * @param ports permitted ports; empty: none
   */
  public record AddressPorts(int address, List<PortRange> ports) {
    public AddressPorts {
      ports = List.copyOf(ports);
    }
  }

  private final Commands commands;
  private final String table;
  private final String interfaceName;
  private final int resolverAddress;
  private final List<Family> families = new ArrayList<>(2);
  private final Map<List<PortRange>, String> chains = new HashMap<>();
  private final Map<Integer, String> elements = new HashMap<>();

  /** A table that does not exist yet. */
  public RedirectTable(
      Commands commands, String interfaceName, int resolverAddress, int listenerPort) {
    this.commands = commands;
    this.table = nameFor(interfaceName);
    this.interfaceName = interfaceName;
    this.resolverAddress = resolverAddress;
    families.add(new Family(IPV4, listenerPort, Ipv4Range::text));
  }

  /** Name of the table that belongs to a device. */
  public static String nameFor(String interfaceName) {
    return "postern_" + interfaceName;
  }

  /** Name of this table, and of that of the twins. */
  public String name() {
    return table;
  }

  /**
   * Makes the table; a leftover of the same name is replaced.
   *
   * @throws IOException if nft is missing or refuses; the message says what to install
   */
  public void install() throws IOException {
    if (!commands.isInstalled("nft")) {
      throw new IOException(
          "nft is not installed, and TCP to synthetic addresses needs it (install the package"
              + " nftables, or use the SOCKS5 or HTTP CONNECT address)");
    }
    run(installation(families.getFirst()));
  }

  /**
   * Takes TCP to the twins of these addresses, too, in a table of its own of the same name; a
   * leftover is replaced.
   *
   * @param twinListenerPort where the listener on ::1 is
   * @throws IOException if the kernel refuses; the table of IPv4 is as it was
   */
  public void addTwin(Ipv6Twin twin, int twinListenerPort) throws IOException {
    Family family = new Family(IPV6, twinListenerPort, address -> twin.of(address).toString());
    StringBuilder script = new StringBuilder(installation(family));
    chains.forEach((ports, chain) -> script.append(chainScript(family, ports, chain)));
    List<String> all = new ArrayList<>();
    elements.forEach((address, chain) -> all.add(element(family, address, chain)));
    appendElements(script, family, "add", all);
    run(script.toString());
    families.add(family);
  }

  /** Takes what {@link #addTwin} made away. */
  public void dropTwin() throws IOException {
    if (families.removeIf(family -> family.name().equals(IPV6))) {
      // Somebody may have flushed all rules: that it is gone already is no failure.
      run("add table ip6 " + table + "\ndelete table ip6 " + table + "\n");
    }
  }

  private String installation(Family family) {
    return """
    add table %1$s %2$s
    delete table %1$s %2$s
    table %1$s %2$s {
      map names { type %3$s : verdict; }
      set ranges { type %3$s; flags interval; auto-merge; }
      chain every_port { meta l4proto tcp %4$s; }
      chain output {
        type nat hook output priority -100; policy accept;
        oifname != "%5$s" return
        meta l4proto != tcp return
        %1$s daddr %6$s tcp dport 53 %4$s
        %1$s daddr vmap @names
        %1$s daddr @ranges meta l4proto tcp %4$s
      }
    }
    """
        .formatted(
            family.name(),
            table,
            family.name().equals(IPV4) ? "ipv4_addr" : "ipv6_addr",
            family.redirect(),
            interfaceName,
            family.address(resolverAddress));
  }

  private String chainScript(Family family, List<PortRange> ports, String chain) {
    String list = ports.stream().map(PortRange::toString).collect(Collectors.joining(", "));
    String name = " " + family.name() + " " + table + " " + chain;
    return "add chain"
        + name
        + "\nadd rule"
        + name
        + " tcp dport { "
        + list
        + " } "
        + family.redirect()
        + "\n";
  }

  private static String element(Family family, int address, String chain) {
    return family.address(address) + " : jump " + chain;
  }

  private void appendElements(
      StringBuilder script, Family family, String verb, List<String> entries) {
    for (int i = 0; i < entries.size(); i += ELEMENTS_PER_MESSAGE) {
      List<String> some = entries.subList(i, Math.min(entries.size(), i + ELEMENTS_PER_MESSAGE));
      script.append(verb).append(" element ").append(family.name()).append(' ').append(table);
      script.append(" names { ").append(String.join(", ", some)).append(" }\n");
    }
  }

  /** Takes every port of these addresses until {@link #permit} says better: after a restart. */
  public void permitEveryPort(List<Integer> addresses) throws IOException {
    Batch batch = new Batch();
    for (int address : addresses) {
      batch.put(address, EVERY_PORT);
    }
    batch.run();
  }

  /** Sets the ports of addresses, all at once in the eyes of the kernel. */
  public void permit(List<AddressPorts> permitted) throws IOException {
    Batch batch = new Batch();
    for (AddressPorts entry : permitted) {
      if (entry.ports().isEmpty()) {
        batch.remove(entry.address());
      } else {
        batch.put(entry.address(), batch.chainFor(entry.ports()));
      }
    }
    batch.run();
  }

  /** Takes TCP to these ranges, too; replaces the ranges set before. IPv6 ones need the twin. */
  public void permitRanges(List<IpRange> ranges) throws IOException {
    StringBuilder script = new StringBuilder();
    for (Family family : families) {
      String set = family.name() + " " + table + " ranges";
      script.append("flush set ").append(set).append('\n');
      String joined =
          ranges.stream()
              .filter(range -> range instanceof Ipv4Range == family.name().equals(IPV4))
              .map(IpRange::toString)
              .collect(Collectors.joining(", "));
      if (!joined.isEmpty()) {
        script.append("add element ").append(set).append(" { ").append(joined).append(" }\n");
      }
    }
    run(script.toString());
  }

  private void run(String script) throws IOException {
    commands.run(script, List.of("nft", "-f", "-"));
  }

  /** Changes that are made together; remembered only once the kernel took them. */
  private final class Batch {
    private final List<Integer> removed = new ArrayList<>();
    private final Map<Integer, String> added = new LinkedHashMap<>();
    private final Map<List<PortRange>, String> newChains = new LinkedHashMap<>();
    private final Map<Integer, String> newElements = new HashMap<>(elements);

    String chainFor(List<PortRange> ports) {
      String known = chains.getOrDefault(ports, newChains.get(ports));
      if (known != null) {
        return known;
      }
      if (chains.size() + newChains.size() >= CHAINS_MAX) {
        return EVERY_PORT; // the broker decides about every flow anyway
      }
      String chain = "ports_" + (chains.size() + newChains.size());
      newChains.put(ports, chain);
      return chain;
    }

    void put(int address, String chain) {
      String earlier = newElements.put(address, chain);
      if (!chain.equals(earlier)) {
        if (earlier != null && added.remove(address) == null) {
          removed.add(address);
        }
        added.put(address, chain);
      }
    }

    void remove(int address) {
      if (newElements.remove(address) != null && added.remove(address) == null) {
        removed.add(address);
      }
    }

    void run() throws IOException {
      StringBuilder script = new StringBuilder();
      families.forEach(family -> append(script, family));
      if (script.isEmpty()) {
        return;
      }
      RedirectTable.this.run(script.toString());
      chains.putAll(newChains);
      elements.clear();
      elements.putAll(newElements);
    }

    private void append(StringBuilder script, Family family) {
      newChains.forEach((ports, chain) -> script.append(chainScript(family, ports, chain)));
      appendElements(script, family, "delete", removed.stream().map(family::address).toList());
      List<String> elements = new ArrayList<>();
      added.forEach((address, chain) -> elements.add(element(family, address, chain)));
      appendElements(script, family, "add", elements);
    }
  }
}
