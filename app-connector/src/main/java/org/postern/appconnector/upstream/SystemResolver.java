package org.postern.appconnector.upstream;

import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where names are looked up: the name servers of the network and the hosts file of this machine.
 * Immutable. Search domains are left out on purpose: a granted name is complete, and must never
 * become another one.
 *
 * @param servers asked in this order; empty if the machine names none
 * @param hosts addresses by lower-case name, which win over the servers
 */
public record SystemResolver(
    List<InetSocketAddress> servers, Map<String, List<InetAddress>> hosts) {
  private static final int DNS_PORT = 53;
  private static final int SERVERS_MAX = 8;

  public SystemResolver {
    servers = List.copyOf(servers);
    hosts = Map.copyOf(hosts);
  }

  /** Only these servers, no hosts file: what an operator asked for by option. */
  public static SystemResolver of(List<InetSocketAddress> servers) {
    return new SystemResolver(servers, Map.of());
  }

  /**
   * Reads a server given as {@code 10.0.0.2}, {@code 10.0.0.2:5353} or {@code [fd00::2]:5353}.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static InetSocketAddress parseServer(String text) {
    String host = text;
    int port = DNS_PORT;
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[") && text.contains("]");
    if (colon > 0 && (bracketed ? colon > text.indexOf(']') : text.indexOf(':') == colon)) {
      host = text.substring(0, colon);
      port = parsePort(text, text.substring(colon + 1));
    }
    if (bracketed) {
      host = host.substring(1, host.length() - 1);
    }
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    if (address == null) {
      throw notAServer(text);
    }
    return new InetSocketAddress(toAddress(address), port);
  }

  private static int parsePort(String text, String digits) {
    try {
      int port = Integer.parseInt(digits);
      if (port > 0 && port <= 65_535) {
        return port;
      }
    } catch (NumberFormatException e) {
      throw (IllegalArgumentException) notAServer(text).initCause(e);
    }
    throw notAServer(text);
  }

  private static IllegalArgumentException notAServer(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not a name server; expected an address like 10.0.0.2 or [fd00::2]:53");
  }

  /**
   * Reads this machine's files. Blocking: never on an event loop.
   *
   * @throws IOException if {@code resolvConf} cannot be read
   */
  public static SystemResolver read(Path resolvConf, Path hostsFile) throws IOException {
    List<InetSocketAddress> servers = new ArrayList<>();
    for (String line : Files.readAllLines(resolvConf, StandardCharsets.ISO_8859_1)) {
      String[] words = line.strip().split("\\s+", 3);
      if (words.length >= 2 && words[0].equals("nameserver") && servers.size() < SERVERS_MAX) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(words[1]);
        if (address != null) {
          servers.add(new InetSocketAddress(toAddress(address), DNS_PORT));
        }
      }
    }
    return new SystemResolver(servers, readHosts(hostsFile));
  }

  private static Map<String, List<InetAddress>> readHosts(Path hostsFile) {
    HostsFileEntriesProvider entries =
        HostsFileEntriesProvider.parser()
            .parseSilently(hostsFile.toFile(), StandardCharsets.ISO_8859_1);
    Map<String, List<InetAddress>> hosts = new HashMap<>();
    List.of(entries.ipv6Entries(), entries.ipv4Entries())
        .forEach(family ->
            family.forEach((name, addresses) ->
                hosts
                    .computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                    .addAll(addresses)));
    return hosts;
  }

  static InetAddress toAddress(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address has 4 or 16 bytes, not " + bytes.length, e);
    }
  }
}
