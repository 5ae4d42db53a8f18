package org.postern.clientconnector.local.intercept;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
 * The IPv6 half of transparent mode, or the reason why there is none now: then names have IPv4
 * addresses only, and all else works. It comes and goes with the machine's IPv6.
 *
 * <pre>
 *            the machine has IPv6, and lets us
 *   without ----------------------------------> with
 *           <----------------------------------
 *                  the machine lost it
 * </pre>
 *
 * Blocks; used by the thread that starts, then by the worker alone. All may read.
 */
final class Ipv6Side {

  private static final Logger log = LoggerFactory.getLogger(Ipv6Side.class);

  /** Looks that are let pass after a try that failed; twice as many after each further one. */
  private static final int LOOKS_UNTIL_NEXT_TRY_MAX = 64;

  /** What it is made of, as IPv4 was before. */
  record Means(
      EventLoop loop,
      RedirectListener listener,
      RedirectTable table,
      Device device,
      UndoJournal journal) {}

  private record State(@Nullable Ipv6Twin twin, String whyOff) {}

  private final InterceptionOptions options;
  private final Commands commands;
  private final Ipv6Settings settings;
  private volatile State state = new State(null, "not tried yet");

  /** What this machine's routes leave free, as far as that is known from just now. */
  private @Nullable Ipv6Twin free;

  private boolean newDevicesWereWithout;
  private boolean journalled;
  private @Nullable Channel listening;
  private int looksUntilNextTry;
  private int failedTries;

  private Ipv6Side(InterceptionOptions options, Commands commands) {
    this.options = options;
    this.commands = commands;
    this.settings = new Ipv6Settings(options.interfaceName());
  }

  /**
   * Looks at the machine before anything is changed on it, and before it has the device.
   *
   * @throws IOException if the twins' addresses are in use on this machine
   */
  static Ipv6Side plan(InterceptionOptions options, Commands commands) throws IOException {
    Ipv6Side side = new Ipv6Side(options, commands);
    side.newDevicesWereWithout = Ipv6Settings.newDevicesAreWithout();
    if (side.obstacle().isEmpty()) {
      side.free = side.requireFree();
    }
    return side;
  }

  /** Null where there is none. */
  @Nullable Ipv6Twin twin() {
    return state.twin();
  }

  /** Empty where there is one. */
  String whyOff() {
    return state.whyOff();
  }

  /** The reverse zones of all synthetic addresses, of both kinds. */
  List<String> reverseZones() {
    List<String> zones = new ArrayList<>(options.range().reverseZones());
    Ipv6Twin twin = twin();
    if (twin != null) {
      zones.addAll(twin.twins().reverseZones());
    }
    return zones;
  }

  /**
   * Looks at the machine, and comes or goes accordingly.
   *
   * @return whether something changed that permitted ranges and the machine's resolver must follow
   * @throws IOException if the machine's settings cannot be read, or an address that the device
   *     lost cannot be given back
   */
  boolean follow(Means means) throws IOException {
    boolean without = Ipv6Settings.newDevicesAreWithout();
    if (newDevicesWereWithout && !without && !isUnwanted()) {
      settings.enableOnDevice(); // as it would be, had it been made now
    }
    newDevicesWereWithout = without;
    String obstacle = obstacle();
    Ipv6Twin twin = twin();
    if (twin == null) {
      return obstacle.isEmpty() ? tryAgain(means) : stayWithout(obstacle);
    }
    if (!obstacle.isEmpty()) {
      log.info("IPv6 is gone: {}", obstacle);
      leave(means, obstacle);
      return true;
    }
    if (!settings.hasAddress(means.device().address(twin))) {
      means.device().bringUp(twin); // switched off and on between two looks
      return true;
    }
    return false;
  }

  private boolean isUnwanted() {
    return options.ipv6() instanceof Ipv6Choice.Off;
  }

  /** Why there cannot be any, as far as can be seen; empty if nothing forbids it. */
  private String obstacle() throws IOException {
    return isUnwanted() ? "switched off with --range6 off" : settings.obstacle();
  }

  private boolean stayWithout(String obstacle) {
    if (!obstacle.equals(state.whyOff())) {
      log.info("no IPv6: {}", obstacle);
    }
    state = new State(null, obstacle);
    failedTries = 0;
    looksUntilNextTry = 0;
    return false;
  }

  private boolean tryAgain(Means means) {
    if (looksUntilNextTry > 0) {
      looksUntilNextTry--;
      return false;
    }
    try {
      Ipv6Twin wanted = free == null ? requireFree() : free;
      free = null;
      open(means, wanted);
      state = new State(wanted, "");
      log.info("IPv6: names have addresses of {} too", wanted.twins());
      failedTries = 0;
      return true;
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      String firstLine = reason.lines().findFirst().orElse(reason);
      if (!firstLine.equals(state.whyOff())) {
        log.warn("no IPv6: {}", reason);
      }
      leave(means, firstLine);
      looksUntilNextTry = Math.min(1 << Math.min(failedTries, 30), LOOKS_UNTIL_NEXT_TRY_MAX);
      failedTries++;
      return false;
    }
  }

  private Ipv6Twin requireFree() throws IOException {
    Ipv6Range prefix =
        options.ipv6() instanceof Ipv6Choice.At(Ipv6Range given)
            ? given
            : DevicePrefix.readOrMake(
                options.stateDirectory().resolve("ipv6-prefix"), new SecureRandom());
    Ipv6Twin twin = new Ipv6Twin(prefix, options.range());
    new RouteClash(commands).requireFree(twin, options.interfaceName());
    return twin;
  }

  /** As IPv4 was opened before: listener, redirection, then address and route. */
  private void open(Means means, Ipv6Twin wanted) throws IOException {
    Future<Channel> bound = means.listener().listenOverIpv6(means.loop()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen on ::1", bound.cause());
    }
    Channel opened = bound.getNow();
    listening = opened;
    if (!journalled) {
      means.journal().add("nft delete table ip6 " + means.table().name() + " 2>/dev/null || :");
      journalled = true;
    }
    means.table().addTwin(wanted, ((InetSocketAddress) opened.localAddress()).getPort());
    means.device().bringUp(wanted);
  }

  /** Questions are answered without it first; then what was made is taken back. */
  private void leave(Means means, String reason) {
    state = new State(null, reason);
    close();
    try {
      means.table().dropTwin();
      means.device().withdrawTwin();
    } catch (IOException e) {
      log.warn("something of IPv6 is left on this machine until it comes back: {}", e.getMessage());
    }
  }

  /** Stops listening; connections that came this way are reset. */
  void close() {
    if (listening != null) {
      listening.close();
    }
  }
}
