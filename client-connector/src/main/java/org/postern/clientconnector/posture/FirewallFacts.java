package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.tunnel.message.PostureFact;

/**
 * Whether what nobody asked for is dropped: an input chain of nftables or iptables whose policy is
 * drop, for both versions of IP as far as the machine speaks them (ufw makes such), or firewalld
 * running with a zone that does not accept everything.
 */
final class FirewallFacts {
  private static final PostureFact.Kind KIND = PostureFact.Kind.KIND_FIREWALL_ON;
  private static final Pattern TABLE = Pattern.compile("table (ip|ip6|inet) .*");
  private static final Pattern DROP =
      Pattern.compile("type filter hook input priority [^;]*; policy drop;.*");

  private final Machine machine;

  FirewallFacts(Machine machine) {
    this.machine = machine;
  }

  /** What one way of looking found. */
  private enum Look {
    ON,
    OFF,
    CANNOT_TELL
  }

  void collect(FactSheet sheet) {
    Look nft = nftables();
    Look iptables = nft == Look.ON ? Look.OFF : iptables();
    if (nft == Look.ON || iptables == Look.ON || firewalld()) {
      sheet.flag(KIND, "", true);
    } else if (nft == Look.OFF || (iptables == Look.OFF && !isInstalled("nft"))) {
      sheet.flag(KIND, "", false);
    } else if (isInstalled("nft") || isInstalled("iptables")) {
      sheet.missing(
          KIND,
          "",
          machine.userId() == 0
              ? "the rules of the kernel cannot be listed"
              : "only root may list the rules; run the client connector as root");
    } else {
      sheet.missing(KIND, "", "neither nft nor iptables is installed to list the rules");
    }
  }

  private boolean isInstalled(String program) {
    return machine.commands().isInstalled(program);
  }

  private String run(String... command) throws IOException {
    return machine.commands().run("", List.of(command));
  }

  private Look nftables() {
    if (!isInstalled("nft")) {
      return Look.CANNOT_TELL;
    }
    Set<String> dropping = new HashSet<>();
    try {
      String family = "";
      for (String line : run("nft", "list", "chains").lines().toList()) {
        Matcher table = TABLE.matcher(line.strip());
        if (table.matches()) {
          family = table.group(1);
        } else if (line.strip().startsWith("table ")) {
          family = "";
        } else if (!family.isEmpty() && DROP.matcher(line.strip()).matches()) {
          dropping.add(family);
        }
      }
    } catch (IOException e) {
      return Look.CANNOT_TELL;
    }
    boolean on =
        dropping.contains("inet")
            || (dropping.contains("ip") && (dropping.contains("ip6") || !speaksIpv6()));
    return on ? Look.ON : Look.OFF;
  }

  private Look iptables() {
    if (!isInstalled("iptables")) {
      return Look.CANNOT_TELL;
    }
    try {
      boolean on = drops("iptables") && (!speaksIpv6() || drops("ip6tables"));
      return on ? Look.ON : Look.OFF;
    } catch (IOException e) {
      return Look.CANNOT_TELL;
    }
  }

  private boolean drops(String program) throws IOException {
    return run(program, "-S", "INPUT")
        .lines()
        .anyMatch(line -> line.strip().equals("-P INPUT DROP"));
  }

  private boolean speaksIpv6() {
    if (!Files.exists(machine.at("/proc/net/if_inet6"))) {
      return false;
    }
    try {
      return !machine.text("/proc/net/if_inet6").isBlank();
    } catch (IOException e) {
      return true;
    }
  }

  private boolean firewalld() {
    if (!isInstalled("firewall-cmd")) {
      return false;
    }
    try {
      return run("firewall-cmd", "--state").strip().equals("running")
          && !run("firewall-cmd", "--get-default-zone").strip().equals("trusted");
    } catch (IOException e) {
      return false;
    }
  }
}
