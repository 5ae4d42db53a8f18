package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.postern.tunnel.message.PostureFact;

/**
 * Which domains the machine is a member of: what realmd says it is configured for, and domains that
 * sssd is told to serve.
 */
final class DomainFacts {
  private final Machine machine;

  DomainFacts(Machine machine) {
    this.machine = machine;
  }

  void collect(FactSheet sheet, List<String> asked) {
    if (asked.isEmpty()) {
      return;
    }
    Set<String> member = new HashSet<>();
    List<String> unseen = new ArrayList<>();
    try {
      member.addAll(realmd());
    } catch (IOException e) {
      unseen.add("realmd does not answer");
    }
    try {
      member.addAll(sssd());
    } catch (IOException e) {
      unseen.add("/etc/sssd/sssd.conf cannot be read");
    }
    for (String domain : asked) {
      if (member.contains(domain.toLowerCase(Locale.ROOT))) {
        sheet.flag(PostureFact.Kind.KIND_DOMAIN_MEMBER, domain, true);
      } else if (unseen.isEmpty()) {
        sheet.flag(PostureFact.Kind.KIND_DOMAIN_MEMBER, domain, false);
      } else {
        sheet.missing(PostureFact.Kind.KIND_DOMAIN_MEMBER, domain, String.join(", ", unseen));
      }
    }
  }

  private Set<String> realmd() throws IOException {
    Set<String> domains = new HashSet<>();
    if (!machine.commands().isInstalled("realm")) {
      return domains;
    }
    Map<String, String> realm = new HashMap<>();
    List<String> lines =
        new ArrayList<>(machine.commands().run("", List.of("realm", "list")).lines().toList());
    lines.add("end");
    for (String line : lines) {
      if (!line.startsWith(" ")) {
        if (!realm.getOrDefault("configured", "no").equals("no")) {
          domains.add(realm.getOrDefault("domain-name", "").toLowerCase(Locale.ROOT));
        }
        realm.clear();
      } else {
        int colon = line.indexOf(':');
        if (colon > 0) {
          realm.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
      }
    }
    return domains;
  }

  private Set<String> sssd() throws IOException {
    Set<String> domains = new HashSet<>();
    if (!Files.isDirectory(machine.at("/etc/sssd"))) {
      return domains;
    }
    // Listing tells "not there" from "not for us".
    if (!Files.isExecutable(machine.at("/etc/sssd"))) {
      throw new IOException("no access");
    }
    if (!Files.exists(machine.at("/etc/sssd/sssd.conf"))) {
      return domains;
    }
    boolean main = false;
    for (String raw : machine.text("/etc/sssd/sssd.conf").lines().toList()) {
      String line = raw.strip();
      if (line.startsWith("[")) {
        main = line.equals("[sssd]");
      } else if (main && line.replace(" ", "").startsWith("domains=")) {
        for (String domain : line.substring(line.indexOf('=') + 1).split(",")) {
          domains.add(domain.strip().toLowerCase(Locale.ROOT));
        }
      }
    }
    return domains;
  }
}
