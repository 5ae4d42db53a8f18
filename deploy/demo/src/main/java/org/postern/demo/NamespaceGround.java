package org.postern.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Three network namespaces, as root or in a user namespace of an ordinary user.
 *
 * <pre>
 * user 10.91.1.2 ---- 10.91.1.1 cloud 10.91.2.1 ---- 10.91.2.2 vpc (applications: 10.92.0.x)
 *                     broker 10.91.0.1
 * </pre>
 *
 * <p>The cloud does not forward, so there is no way from user to VPC but through the broker. All of
 * it hangs on one holder process with mount, network and PID namespaces of its own: names cannot
 * collide with those of another run, and when the holder ends (it reads our pipe, which the kernel
 * closes however we end) the kernel ends every program inside and takes the networks away.
 */
final class NamespaceGround implements Ground {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

  private static final String SETUP =
      """
      set -eu
      mount -t tmpfs tmpfs /run
      mkdir -p /run/netns /run/sshd /run/rooms
      ip link set lo up
      for room in user cloud vpc; do
        ip netns add $room
        ip -n $room link set lo up
      done
      for address in 10.91.0.1 10.91.0.2 10.91.0.53; do
        ip -n cloud addr add $address/32 dev lo
      done
      for address in 10.92.0.10 10.92.0.11 10.92.0.12 10.92.0.13 10.92.0.53; do
        ip -n vpc addr add $address/32 dev lo
      done
      n=1
      for room in user vpc; do
        ip -n cloud link add to-$room type veth peer name uplink netns $room
        ip -n cloud addr add 10.91.$n.1/24 dev to-$room
        ip -n cloud link set to-$room up
        ip -n $room addr add 10.91.$n.2/24 dev uplink
        ip -n $room link set uplink up
        ip -n $room route add default via 10.91.$n.1
        n=$((n + 1))
      done
      ip netns exec cloud sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'
      ip netns exec vpc sh -c 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start'
      for room in user vpc; do
        ip netns exec $room nft -f - <<'RULES'
      table inet postern_demo {
        counter unasked {}
        counter answers {}
        chain input {
          type filter hook input priority 0; policy accept;
          iifname != "uplink" accept
          meta l4proto ipv6-icmp accept
          ct state established,related counter name answers accept
          counter name unasked drop
        }
      }
      RULES
      done
      echo ground is ready
      exec cat
      """;

  private static final String ROOM =
      """
      set -eu
      mkdir -p /run/rooms/$1
      cp -a /etc /run/rooms/$1/ 2>/dev/null || :
      mount --bind /run/rooms/$1/etc /etc
      rm -f /etc/resolv.conf
      printf 'nameserver %s\\n' "$2" > /etc/resolv.conf
      printf '127.0.0.1 localhost\\n::1 localhost\\n' > /etc/hosts
      echo room is ready
      exec cat
      """;

  private final Layout layout = Layout.namespaces();
  private final Program holder;
  private final Map<Room, Program> rooms = new EnumMap<>(Room.class);
  private final Map<Room, List<String>> entrances = new EnumMap<>(Room.class);
  private final Path work;

  private NamespaceGround(Program holder, Path work) {
    this.holder = holder;
    this.work = work;
  }

  /**
   * Builds the networks.
   *
   * @throws DemoException when the kernel does not allow it; the message has the failing command
   */
  static NamespaceGround create(Path work) throws DemoException {
    List<String> command = new ArrayList<>(unshare());
    command.addAll(List.of("sh", "-c", SETUP));
    Program holder = Program.start(new Program.Order("ground", command, Map.of()), work);
    NamespaceGround ground = new NamespaceGround(holder, work);
    try {
      holder.awaitLine("that it is ready", LIMIT, "ground is ready"::equals);
      ground.furnish();
      return ground;
    } catch (DemoException e) {
      ground.close();
      throw e;
    }
  }

  /** Each room gets an /etc of its own, with the resolver of its network. */
  private void furnish() throws DemoException {
    List<String> enter = enter(child(holder));
    for (Room room : Room.values()) {
      List<String> command = new ArrayList<>(enter);
      String resolver = room == Room.VPC ? layout.vpcDns().address() : layout.publicDns().address();
      command.addAll(List.of("ip", "netns", "exec", room.label(), "sh", "-c", ROOM));
      command.addAll(List.of("room", room.label(), resolver));
      rooms.put(
          room, Program.start(new Program.Order("room-" + room.label(), command, Map.of()), work));
    }
    for (Room room : Room.values()) {
      Program program = rooms.get(room);
      if (program == null) {
        throw new IllegalStateException("no room " + room);
      }
      program.awaitLine("that it is ready", LIMIT, "room is ready"::equals);
      List<String> entrance = enter(child(program));
      entrances.put(room, entrance);
      writeEntrance(room, entrance);
    }
  }

  private void writeEntrance(Room room, List<String> entrance) throws DemoException {
    Path script = work.resolve(room.label());
    try {
      Files.writeString(script, "#!/bin/sh\nexec " + String.join(" ", entrance) + " \"$@\"\n");
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new DemoException("cannot write " + script + ": " + e.getMessage(), e);
    }
  }

  private static long child(Program program) throws DemoException {
    ProcessHandle inner = program.forked();
    if (inner == null) {
      throw new DemoException("the namespaces ended: " + program.lastWords(5));
    }
    return inner.pid();
  }

  private static List<String> enter(long pid) {
    List<String> enter = new ArrayList<>(List.of("nsenter", "--target", Long.toString(pid)));
    if (!ROOT) {
      enter.addAll(List.of("--user", "--preserve-credentials"));
    }
    enter.addAll(List.of("--net", "--mount", "--pid"));
    return enter;
  }

  private static List<String> unshare() {
    List<String> command = new ArrayList<>(List.of("unshare"));
    if (!ROOT) {
      command.addAll(List.of("--user", "--map-root-user"));
    }
    command.addAll(List.of("--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"));
    return command;
  }

  /** The command that tells whether the kernel lets us. */
  static List<String> probe() {
    return Stream.concat(unshare().stream(), Stream.of("true")).toList();
  }

  @Override
  public String words() {
    return "three network namespaces, user, cloud and vpc, joined at the cloud, which does not"
        + " forward"
        + (ROOT ? "" : "; all inside a user namespace of yours");
  }

  @Override
  public Layout layout() {
    return layout;
  }

  @Override
  public boolean apart() {
    return true;
  }

  @Override
  public List<String> in(Room room, List<String> command) {
    // A session of its own: Ctrl-C is for us alone, and we end the programs in order.
    return Stream.of(entrance(room), List.of("setsid"), command).flatMap(List::stream).toList();
  }

  private List<String> entrance(Room room) {
    List<String> entrance = entrances.get(room);
    if (entrance == null) {
      throw new IllegalStateException("no room " + room);
    }
    return entrance;
  }

  @Override
  public String prefix(Room room) {
    return work.resolve(room.label()) + " ";
  }

  @Override
  public Path file(Room room, String path) {
    return Path.of("/proc/" + entrance(room).get(2) + "/root" + path);
  }

  /** The kernel ends everything inside with the holder. */
  @Override
  public void close() {
    rooms.values().forEach(Program::end);
    holder.end();
  }
}
