package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.system.Commands;

/**
 * resolvconf or openresolv: our record is added under a name that both put before those of networks
 * ({@code tun.*}), and taken away at the end; the program writes the file.
 */
final class ResolvconfProgram implements MachineResolver {

  private final String label;
  private final String address;
  private final Commands commands;
  private final UndoJournal journal;
  private final List<InetSocketAddress> upstreams;
  private String announced = "";
  private boolean journalled;

  ResolvconfProgram(
      String interfaceName, String address, Path file, Commands commands, UndoJournal journal)
      throws IOException {
    this.label = "tun." + interfaceName;
    this.address = address;
    this.commands = commands;
    this.journal = journal;
    this.upstreams = ResolvConf.parse(Files.readString(file)).nameServers(address);
  }

  @Override
  public String kind() {
    return "resolvconf";
  }

  @Override
  public void point(OwnedNames owned) throws IOException {
    StringBuilder entry = new StringBuilder("nameserver ").append(address).append('\n');
    if (!owned.searchDomains().isEmpty()) {
      entry.append("search ").append(String.join(" ", owned.searchDomains())).append('\n');
    }
    if (entry.toString().equals(announced)) {
      return;
    }
    if (!journalled) {
      journal.add("resolvconf -d " + label + " || :");
      journalled = true;
    }
    commands.run(entry.toString(), List.of("resolvconf", "-a", label));
    announced = entry.toString();
  }

  @Override
  public List<InetSocketAddress> upstreams() {
    return upstreams;
  }
}
