package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.system.Commands;

/** Finds out who keeps this machine's list of name servers; blocks. */
public final class ResolverDetection {

  /** The file that every program of the C library reads. */
  public static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

  private static final List<String> RESOLVED_STUBS = List.of("127.0.0.53", "127.0.0.54");

  /** Who it can be. */
  public enum Keeper {
    /** systemd-resolved. */
    SYSTEMD_RESOLVED,
    /** NetworkManager. */
    NETWORK_MANAGER,
    /** resolvconf or openresolv. */
    RESOLVCONF,
    /** Nobody: the file is the list. */
    FILE,
    /** Nobody may be told. */
    NONE
  }

  private final Path file;
  private final Commands commands;
  private final UndoJournal journal;

  /** Detection by the content of {@code file} and by what the system's programs say. */
  public ResolverDetection(Path file, Commands commands, UndoJournal journal) {
    this.file = file;
    this.commands = commands;
    this.journal = journal;
  }

  /** The keeper of the list, judged from who wrote the file and whether it answers now. */
  public Keeper detect() throws IOException {
    String text = Files.exists(file) ? Files.readString(file) : "";
    boolean stub = RESOLVED_STUBS.stream().anyMatch(ResolvConf.parse(text)::pointsTo);
    if (stub && answers("resolvectl", "status")) {
      return Keeper.SYSTEMD_RESOLVED;
    }
    String comments = comments(text);
    if (comments.contains("NetworkManager") && answers("nmcli", "general")) {
      return Keeper.NETWORK_MANAGER;
    }
    if (comments.contains("resolvconf") && commands.isInstalled("resolvconf")) {
      return Keeper.RESOLVCONF;
    }
    return Keeper.FILE;
  }

  /**
   * The way to talk to a keeper.
   *
   * @param interfaceName our device
   * @param reverseZones zones of the synthetic addresses' reverse names, asked each time that it is
   *     pointed at us
   * @param address address of our resolver
   */
  public MachineResolver open(
      Keeper keeper, String interfaceName, Supplier<List<String>> reverseZones, int address)
      throws IOException {
    String own = Ipv4Range.text(address);
    return switch (keeper) {
      case SYSTEMD_RESOLVED ->
          new SystemdResolved(
              interfaceName, own, reverseZones, commands, SystemdResolved.UPSTREAM_FILE, journal);
      case NETWORK_MANAGER ->
          new NetworkManager(
              new PlainFile(file, own, journal),
              NetworkManager.DROP_IN,
              NetworkManager.OWN_COPY,
              own,
              commands,
              journal);
      case RESOLVCONF -> new ResolvconfProgram(interfaceName, own, file, commands, journal);
      case FILE -> new PlainFile(file, own, journal);
      case NONE ->
          new Unmanaged(
              Files.exists(file)
                  ? ResolvConf.parse(Files.readString(file)).nameServers(own)
                  : List.of());
    };
  }

  private boolean answers(String... command) {
    if (!commands.isInstalled(command[0])) {
      return false;
    }
    try {
      commands.run("", List.of(command));
      return true;
    } catch (IOException e) {
      return false; // installed, but not running
    }
  }

  private static String comments(String text) {
    StringBuilder comments = new StringBuilder();
    text.lines()
        .filter(line -> line.startsWith("#") || line.startsWith(";"))
        .forEach(line -> comments.append(line).append('\n'));
    return comments.toString();
  }
}
