package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.system.Commands;

/**
 * resolvconf or openresolv: our record is added, before those of networks and in their place, and
 * taken away at the end; the program writes the file.
 */
final class ResolvconfProgram implements MachineResolver {

  private final String label;
  private final String address;
  private final Commands commands;
  private final UndoJournal journal;
  private final List<InetSocketAddress> upstreams;
  private final List<String> searched;
  private String announced = "";
  private boolean journalled;

  ResolvconfProgram(
      String interfaceName, String address, Path file, Commands commands, UndoJournal journal)
      throws IOException {
    this.label = "tun." + interfaceName;
    this.address = address;
    this.commands = commands;
    this.journal = journal;
    ResolvConf prior = ResolvConf.parse(Files.readString(file));
    this.upstreams = prior.nameServers(address);
    this.searched = prior.searchDomains();
  }

  @Override
  public String kind() {
    return "resolvconf";
  }

  @Override
  public void point(OwnedNames owned) throws IOException {
    StringBuilder entry = new StringBuilder("nameserver ").append(address).append('\n');
    Set<String> search = new LinkedHashSet<>(owned.searchDomains());
    search.addAll(searched);
    if (!search.isEmpty()) {
      entry.append("search ").append(String.join(" ", search)).append('\n');
    }
    if (entry.toString().equals(announced)) {
      return;
    }
    if (!journalled) {
      journal.add("resolvconf -d " + label + " || :");
      journalled = true;
    }
    // openresolv: before all others and without them, or a private name would be asked elsewhere.
    // resolvconf puts tun.* first by itself, and does not mind the rest.
    commands.run(entry.toString(), List.of("resolvconf", "-a", label, "-m", "0", "-x"));
    announced = entry.toString();
  }

  @Override
  public List<InetSocketAddress> upstreams() {
    return upstreams;
  }
}
