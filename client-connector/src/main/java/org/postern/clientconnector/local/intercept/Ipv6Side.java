package org.postern.clientconnector.local.intercept;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.redirect.RedirectListener;
import org.postern.clientconnector.local.redirect.RedirectTable;
import org.postern.clientconnector.local.resolver.UndoJournal;
import org.postern.clientconnector.local.synthetic.DevicePrefix;
import org.postern.clientconnector.local.system.Commands;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The IPv6 half of transparent mode, or the reason why this machine has none: then names have IPv4
 * addresses only, and all else works. Used by the thread that starts; read by all once that is
 * done.
 */
final class Ipv6Side {

  private static final Logger log = LoggerFactory.getLogger(Ipv6Side.class);
  private static final Path SETTINGS = Path.of("/proc/sys/net/ipv6/conf");

  private @Nullable Ipv6Twin twin;
  private String whyOff;
  private @Nullable Channel listening;

  private Ipv6Side(@Nullable Ipv6Twin twin, String whyOff) {
    this.twin = twin;
    this.whyOff = whyOff;
  }

  /**
   * Decides, from what was asked for and from the machine's settings.
   *
   * @throws IOException if the twins' addresses are in use on this machine
   */
  static Ipv6Side plan(InterceptionOptions options, Commands commands) throws IOException {
    if (options.ipv6() instanceof Ipv6Choice.Off) {
      return new Ipv6Side(null, "switched off with --range6 off");
    }
    String obstacle = obstacle();
    if (!obstacle.isEmpty()) {
      return new Ipv6Side(null, obstacle);
    }
    Ipv6Range prefix =
        options.ipv6() instanceof Ipv6Choice.At(Ipv6Range given)
            ? given
            : DevicePrefix.readOrMake(
                options.stateDirectory().resolve("ipv6-prefix"), new SecureRandom());
    Ipv6Twin twin = new Ipv6Twin(prefix, options.range());
    new RouteClash(commands).requireFree(twin);
    return new Ipv6Side(twin, "");
  }

  /** Whether the kernel has IPv6 at all; the settings of its devices are there only then. */
  static boolean isInKernel() {
    return Files.isDirectory(SETTINGS);
  }

  /** Why there cannot be any, as far as settings tell; empty if they do not forbid it. */
  private static String obstacle() throws IOException {
    if (!isInKernel()) {
      return "this kernel has no IPv6";
    }
    for (String device : List.of("default", "lo")) {
      if (Files.readString(SETTINGS.resolve(device + "/disable_ipv6")).strip().equals("1")) {
        return "disabled on this machine (net.ipv6.conf." + device + ".disable_ipv6 is 1)";
      }
    }
    return "";
  }

  /** Null where there is none. */
  @Nullable Ipv6Twin twin() {
    return twin;
  }

  /** Empty where there is one. */
  String whyOff() {
    return whyOff;
  }

  /** The reverse zones of all synthetic addresses, of both kinds. */
  List<String> reverseZones(Ipv4Range range) {
    List<String> zones = new ArrayList<>(range.reverseZones());
    if (twin != null) {
      zones.addAll(twin.twins().reverseZones());
    }
    return zones;
  }

  /**
   * Opens it as IPv4 was opened before: listener, redirection, then address and route. Where the
   * machine does not let us, what was made is taken back, and the reason is kept.
   *
   * @throws IOException if not even the journal can be written
   */
  void open(
      EventLoop loop,
      RedirectListener listener,
      RedirectTable table,
      Device device,
      UndoJournal journal)
      throws IOException {
    Ipv6Twin wanted = twin;
    if (wanted == null) {
      log.info("no IPv6: {}", whyOff);
      return;
    }
    try {
      Future<Channel> bound = listener.listenOverIpv6(loop).awaitUninterruptibly();
      if (!bound.isSuccess()) {
        throw new IOException("cannot listen on ::1", bound.cause());
      }
      listening = bound.getNow();
      journal.add("nft delete table ip6 " + table.name() + " 2>/dev/null || :");
      table.addTwin(wanted, ((InetSocketAddress) listening.localAddress()).getPort());
      device.bringUp(wanted);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      log.warn("no IPv6: {}", reason);
      whyOff = reason.lines().findFirst().orElse(reason);
      twin = null;
      close();
      table.dropTwin();
    }
  }

  /** Stops listening. */
  void close() {
    if (listening != null) {
      listening.close();
    }
  }
}
