package org.postern.clientconnector.local.redirect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.system.Commands;

/**
 * The nftables table that takes permitted TCP to the listener. A map leads from each synthetic
 * address to the chain of its port list; names that share a port list share a chain, so that a new
 * name costs one element of a hash map, however many ranges its list has. What no chain takes goes
 * on to the device, which resets it: the program sees "connection refused".
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
  private final int listenerPort;
  private final Map<List<PortRange>, String> chains = new HashMap<>();
  private final Map<Integer, String> elements = new HashMap<>();

  /** A table that does not exist yet. */
  public RedirectTable(
      Commands commands, String interfaceName, int resolverAddress, int listenerPort) {
    this.commands = commands;
    this.table = nameFor(interfaceName);
    this.interfaceName = interfaceName;
    this.resolverAddress = resolverAddress;
    this.listenerPort = listenerPort;
  }

  /** Name of the table that belongs to a device. */
  public static String nameFor(String interfaceName) {
    return "postern_" + interfaceName;
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
    run(installation());
  }

  String installation() {
    String redirect = "redirect to :" + listenerPort;
    return """
    add table ip %1$s
    delete table ip %1$s
    table ip %1$s {
      map names { type ipv4_addr : verdict; }
      set ranges { type ipv4_addr; flags interval; auto-merge; }
      chain every_port { meta l4proto tcp %2$s; }
      chain output {
        type nat hook output priority -100; policy accept;
        oifname != "%3$s" return
        meta l4proto != tcp return
        ip daddr %4$s tcp dport 53 %2$s
        ip daddr vmap @names
        ip daddr @ranges meta l4proto tcp %2$s
      }
    }
    """
        .formatted(table, redirect, interfaceName, Ipv4Range.text(resolverAddress));
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

  /** Takes TCP to these ranges, too; replaces the ranges set before. */
  public void permitRanges(List<Ipv4Range> ranges) throws IOException {
    StringBuilder script = new StringBuilder("flush set ip " + table + " ranges\n");
    if (!ranges.isEmpty()) {
      String joined = ranges.stream().map(Ipv4Range::toString).collect(Collectors.joining(", "));
      script.append("add element ip ").append(table).append(" ranges { ").append(joined);
      script.append(" }\n");
    }
    run(script.toString());
  }

  private void run(String script) throws IOException {
    commands.run(script, List.of("nft", "-f", "-"));
  }

  /** Changes that are made together; remembered only once the kernel took them. */
  private final class Batch {
    private final StringBuilder chainScript = new StringBuilder();
    private final List<String> removed = new ArrayList<>();
    private final List<String> added = new ArrayList<>();
    private final Map<List<PortRange>, String> newChains = new HashMap<>();
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
      String list = ports.stream().map(PortRange::toString).collect(Collectors.joining(", "));
      chainScript.append("add chain ip ").append(table).append(' ').append(chain).append('\n');
      chainScript.append("add rule ip ").append(table).append(' ').append(chain);
      chainScript.append(" tcp dport { ").append(list).append(" } redirect to :");
      chainScript.append(listenerPort).append('\n');
      return chain;
    }

    void put(int address, String chain) {
      String earlier = newElements.put(address, chain);
      if (!chain.equals(earlier)) {
        if (earlier != null) {
          removed.add(Ipv4Range.text(address));
        }
        added.add(Ipv4Range.text(address) + " : jump " + chain);
      }
    }

    void remove(int address) {
      if (newElements.remove(address) != null) {
        removed.add(Ipv4Range.text(address));
      }
    }

    void run() throws IOException {
      StringBuilder script = new StringBuilder(chainScript);
      append(script, "delete", removed);
      append(script, "add", added);
      if (script.isEmpty()) {
        return;
      }
      RedirectTable.this.run(script.toString());
      chains.putAll(newChains);
      elements.clear();
      elements.putAll(newElements);
    }

    private void append(StringBuilder script, String verb, List<String> entries) {
      for (int i = 0; i < entries.size(); i += ELEMENTS_PER_MESSAGE) {
        List<String> some = entries.subList(i, Math.min(entries.size(), i + ELEMENTS_PER_MESSAGE));
        script.append(verb).append(" element ip ").append(table).append(" names { ");
        script.append(String.join(", ", some)).append(" }\n");
      }
    }
  }
}
