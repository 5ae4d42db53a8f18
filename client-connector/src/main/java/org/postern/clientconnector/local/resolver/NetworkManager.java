package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.system.Commands;

/**
 * NetworkManager that writes resolv.conf itself: it is told by a drop-in to leave the file alone,
 * the file is ours then, and the servers that it learns from the networks are read from its own
 * copy.
 */
final class NetworkManager implements MachineResolver {

  /**
   * What NetworkManager would have written, kept by it also while the file is not its to manage.
   */
  static final Path OWN_COPY = Path.of("/run/NetworkManager/no-stub-resolv.conf");

  static final Path DROP_IN = Path.of("/etc/NetworkManager/conf.d/90-postern.conf");

  private static final String SETTING =
      "# postern: goes when postern stops\n[main]\nrc-manager=unmanaged\n";

  private final PlainFile file;
  private final Path dropIn;
  private final Path ownCopy;
  private final String address;
  private final Commands commands;
  private final UndoJournal journal;
  private boolean told;

  NetworkManager(
      PlainFile file,
      Path dropIn,
      Path ownCopy,
      String address,
      Commands commands,
      UndoJournal journal) {
    this.file = file;
    this.dropIn = dropIn;
    this.ownCopy = ownCopy;
    this.address = address;
    this.commands = commands;
    this.journal = journal;
  }

  @Override
  public String kind() {
    return "NetworkManager";
  }

  @Override
  public void point(OwnedNames owned) throws IOException {
    if (!told) {
      // Undone last to first: the file is put back before NetworkManager hears that it is its own
      // again.
      journal.add("rm -f " + UndoJournal.quote(dropIn.toString()) + "; nmcli general reload || :");
      Files.createDirectories(dropIn.toAbsolutePath().getParent());
      Files.writeString(dropIn, SETTING);
      commands.run("", List.of("nmcli", "general", "reload"));
      told = true;
    }
    file.point(owned);
  }

  @Override
  public List<InetSocketAddress> upstreams() throws IOException {
    if (Files.exists(ownCopy)) {
      List<InetSocketAddress> servers =
          ResolvConf.parse(Files.readString(ownCopy)).nameServers(address);
      if (!servers.isEmpty()) {
        return servers;
      }
    }
    return file.upstreams();
  }
}
