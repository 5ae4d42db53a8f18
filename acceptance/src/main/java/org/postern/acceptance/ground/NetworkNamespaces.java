package org.postern.acceptance.ground;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Four networks on one machine, joined by veth pairs at the cloud: {@link Room}. Works as root, and
 * as an ordinary user where unprivileged user namespaces are allowed.
 *
 * <pre>{@code
 * user 10.80.1.2 ---- 10.80.1.1 cloud 10.80.2.1 ---- 10.80.2.2 vpc-a  (apps: 10.20.0.10/16)
 *                     (10.80.0.1)    10.80.3.1 ---- 10.80.3.2 vpc-b  (apps: 10.20.0.10/16)
 * }</pre>
 *
 * All of it hangs on one holder process with mount, network and PID namespaces of its own: names
 * cannot collide with those of another run, and when the holder goes (close, or the end of this
 * JVM, kill -9 included, because the holder reads our pipe) the kernel ends every program inside
 * and takes the networks away.
 */
public final class NetworkNamespaces implements AutoCloseable {
  private static final Duration SHORT = Duration.ofSeconds(20);

  private static final String SETUP =
      """
      set -eu
      mount -t tmpfs tmpfs /run
      mkdir -p /run/netns /run/sshd /run/resolvconf
      ip link set lo up
      for room in user cloud vpc-a vpc-b; do
        ip netns add $room
        ip -n $room link set lo up
      done
      ip -n cloud addr add 10.80.0.1/32 dev lo
      n=1
      for room in user vpc-a vpc-b; do
        ip -n cloud link add to-$room type veth peer name uplink netns $room
        ip -n cloud addr add 10.80.$n.1/24 dev to-$room
        ip -n cloud link set to-$room up
        ip -n $room addr add 10.80.$n.2/24 dev uplink
        ip -n $room link set uplink up
        ip -n $room route add default via 10.80.$n.1
        n=$((n + 1))
      done
      ip netns exec cloud sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
      for room in vpc-a vpc-b; do
        ip -n $room link add apps type bridge
        ip -n $room addr add 10.20.0.10/16 dev apps
        ip -n $room link set apps up
      done
      for room in user vpc-a vpc-b; do
        ip netns exec $room nft -f - <<'RULES'
      table inet postern_ground {
        counter unasked {}
        counter answers {}
        chain input {
          type filter hook input priority 0; policy accept;
          iif "lo" accept
          meta l4proto ipv6-icmp accept
          ct state established,related counter name answers accept
          iifname "uplink" counter name unasked drop
        }
      }
      RULES
      done
      for room in user cloud vpc-a vpc-b; do
        mkdir -p /run/rooms/$room
        cp -a /etc /run/rooms/$room/ 2>/dev/null || :
        ip netns exec $room sh -c "$FURNISH" $room </dev/null >/dev/null 2>&1 &
      done
      for room in user cloud vpc-a vpc-b; do
        until [ -s /run/rooms/$room/pid ]; do sleep 0.02; done
        echo room $room $(cat /run/rooms/$room/pid)
      done
      echo ground is ready
      exec cat
      """;

  /** Each room has an /etc of its own, whose names and resolver its programs may change. */
  private static final String FURNISH =
      """
      set -eu
      mount --bind /run/rooms/$0/etc /etc
      rm -f /etc/resolv.conf
      printf 'nameserver 127.0.0.1\n' > /etc/resolv.conf
      printf '127.0.0.1 localhost\n::1 localhost\n' > /etc/hosts
      echo $$ > /run/rooms/$0/pid
      exec sleep infinity
      """;

  private static final Pattern ROOM = Pattern.compile("(?m)^room (\\S+) (\\d+)$");

  private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

  private static final Pattern COUNTER =
      Pattern.compile("counter (\\w+) \\{\\s*packets (\\d+) bytes (\\d+)");

  private final RunningProgram holder;
  private final List<String> enter;
  private final Map<String, String> roomPids;
  private final List<RunningProgram> programs = new CopyOnWriteArrayList<>();
  private final Thread atExit = new Thread(this::endAll, "namespaces end");

  private NetworkNamespaces(
      RunningProgram holder, List<String> enter, Map<String, String> roomPids) {
    this.holder = holder;
    this.enter = enter;
    this.roomPids = roomPids;
  }

  /**
   * Builds the networks in less than a second.
   *
   * @throws IOException when the kernel does not allow it; the message says which command said no,
   *     and what is needed
   */
  public static NetworkNamespaces create() throws IOException, InterruptedException {
    String whyNot = whyNot();
    if (whyNot != null) {
      throw new IOException(
          "no networks can be made on this machine (expected: root with CAP_SYS_ADMIN, or an"
              + " ordinary user where kernel.unprivileged_userns_clone is 1; packages util-linux,"
              + " iproute2, nftables): "
              + whyNot);
    }
    List<String> command = new ArrayList<>(unshare());
    command.addAll(List.of("env", "FURNISH=" + FURNISH, "sh", "-c", SETUP));
    RunningProgram holder = RunningProgram.start(command);
    try {
      holder.awaitOutput("ground is ready", SHORT);
    } catch (IOException | InterruptedException e) {
      holder.kill();
      throw e;
    }
    long pid =
        holder
            .process()
            .children()
            .findFirst()
            .orElseThrow(() -> new IOException("the namespaces ended: " + holder.output()))
            .pid();
    List<String> enter = new ArrayList<>(List.of("nsenter", "--target", Long.toString(pid)));
    if (!ROOT) {
      enter.addAll(List.of("--user", "--preserve-credentials"));
    }
    enter.addAll(List.of("--net", "--mount", "--pid"));
    Map<String, String> roomPids = new TreeMap<>();
    Matcher room = ROOM.matcher(holder.output());
    while (room.find()) {
      roomPids.put(room.group(1), room.group(2));
    }
    NetworkNamespaces created = new NetworkNamespaces(holder, List.copyOf(enter), roomPids);
    Runtime.getRuntime().addShutdownHook(created.atExit);
    return created;
  }

  private static List<String> unshare() {
    List<String> command = new ArrayList<>(List.of("unshare"));
    if (!ROOT) {
      command.addAll(List.of("--user", "--map-root-user"));
    }
    command.addAll(List.of("--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"));
    return command;
  }

  /** The command line that runs a command inside a room. */
  public List<String> in(Room room, List<String> command) {
    // First into the namespaces of the ground, where the room's process has the number that is
    // known.
    String pid = roomPids.getOrDefault(room.namespace(), "");
    return Stream.of(enter, List.of("nsenter", "--target", pid, "--net", "--mount"), command)
        .flatMap(List::stream)
        .toList();
  }

  /** Runs to the end; see {@link RunningProgram#run(Duration, List)}. */
  public String run(Room room, String... command) throws IOException, InterruptedException {
    return RunningProgram.run(SHORT, in(room, List.of(command)));
  }

  /** Gives an address a name that programs of a room find in its hosts file. */
  public void name(Room room, String address, String name)
      throws IOException, InterruptedException {
    run(room, "sh", "-c", "echo \"$0 $1\" >> /etc/hosts", address, name);
  }

  /** Starts a program that ends, at the latest, with these namespaces. */
  public RunningProgram start(Room room, String... command) throws IOException {
    return start(room, List.of(command));
  }

  /** As {@link #start(Room, String...)}. */
  public RunningProgram start(Room room, List<String> command) throws IOException {
    RunningProgram program = RunningProgram.start(in(room, command));
    programs.add(program);
    return program;
  }

  /**
   * Packets that came to a room from the cloud and that it did not ask for (all dropped) or did:
   * counters {@code unasked} and {@code answers}.
   */
  public Map<String, Long> packets(Room room) throws IOException, InterruptedException {
    Map<String, Long> packets = new TreeMap<>();
    Matcher counter = COUNTER.matcher(run(room, "nft", "list", "counters"));
    while (counter.find()) {
      packets.put(counter.group(1), Long.parseLong(counter.group(2)));
    }
    return packets;
  }

  /** Null where the kernel lets us make networks; else why not, in its own words. */
  public static @Nullable String whyNot() throws InterruptedException {
    List<String> probe = new ArrayList<>(unshare());
    probe.add("true");
    try {
      RunningProgram.run(SHORT, probe);
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** Ends every program inside and takes the networks away. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException shuttingDown) {
      return; // the hook itself is doing it
    }
    endAll();
  }

  private void endAll() {
    programs.forEach(RunningProgram::close);
    holder.kill();
  }
}
