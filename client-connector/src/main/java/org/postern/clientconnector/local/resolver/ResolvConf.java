package org.postern.clientconnector.local.resolver;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The text of a resolv.conf(5): pure reading and rewriting.
 *
 * @param lines as they stand in the file
 */
record ResolvConf(List<String> lines) {

  /** The line that marks ours. */
  static final String MARK = "# postern: this name server was put here; it goes when postern stops";

  private static final int DNS_PORT = 53;

  /** More would not help: every failed lookup of a short name asks all of them. */
  private static final int SEARCH_DOMAINS_MAX = 32;

  static ResolvConf parse(String text) {
    return new ResolvConf(text.lines().toList());
  }

  /** Name servers, in order, without this address. */
  List<InetSocketAddress> nameServers(String ownAddress) {
    List<InetSocketAddress> servers = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.strip().split("\\s+");
      if (words.length >= 2 && words[0].equals("nameserver") && !words[1].equals(ownAddress)) {
        try {
          servers.add(new InetSocketAddress(InetAddress.ofLiteral(words[1]), DNS_PORT));
        } catch (IllegalArgumentException e) {
          // glibc skips what is no address, too
        }
      }
    }
    return servers;
  }

  /** What short names are tried under, in order. */
  List<String> searchDomains() {
    List<String> domains = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.strip().split("\\s+");
      if (words[0].equals("search") || words[0].equals("domain")) {
        domains.addAll(List.of(words).subList(1, words.length));
      }
    }
    return domains;
  }

  boolean pointsTo(String address) {
    return lines.stream().anyMatch(line -> line.strip().equals("nameserver " + address));
  }

  /** This file with all questions sent to {@code ownAddress}; options and other lines are kept. */
  String pointedTo(String ownAddress, List<String> searchDomains) {
    Set<String> search = new LinkedHashSet<>(searchDomains);
    search.addAll(searchDomains());
    StringBuilder text = new StringBuilder(MARK).append('\n');
    text.append("nameserver ").append(ownAddress).append('\n');
    StringBuilder rest = new StringBuilder();
    for (String line : lines) {
      String[] words = line.strip().split("\\s+");
      switch (words[0]) {
        case "nameserver", "search", "domain" -> {}
        default -> rest.append(line).append('\n');
      }
    }
    if (!search.isEmpty()) {
      text.append("search ");
      text.append(String.join(" ", search.stream().limit(SEARCH_DOMAINS_MAX).toList()));
      text.append('\n');
    }
    return text.append(rest).toString();
  }
}
