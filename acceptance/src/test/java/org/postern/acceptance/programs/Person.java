package org.postern.acceptance.programs;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.postern.acceptance.bench.subject.Hands;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * The person at the device. Where we are root it is an ordinary user, with a home directory and a
 * right to sudo, who exists in this room only; else it is ourselves.
 */
final class Person {
  static final int UID = 4711;
  static final int OTHER_UID = 4712;
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final boolean ROOT = "root".equals(System.getProperty("user.name"));
  private static final String CHECKOUT = "/run/checkout";

  private static final String MOVE_IN =
      """
      set -eu
      mount -t tmpfs tmpfs /var/lib
      for user in alice:4711 bob:4712; do
        name=${user%:*} id=${user#*:}
        echo "$name:x:$id:$id::/run/home/$name:/bin/sh" >> /etc/passwd
        echo "$name:x:$id:" >> /etc/group
        echo "$name:*:20000:0:99999:7:::" >> /etc/shadow
        mkdir -p /run/home/$name
        chown $id:$id /run/home/$name
      done
      mkdir -p /etc/sudoers.d /run/checkout
      echo 'alice ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/alice
      chmod 440 /etc/sudoers.d/alice
      mount --bind "$0" /run/checkout
      """;

  private final NetworkNamespaces networks;
  private final Path checkout;
  private final Path work;

  private Person(NetworkNamespaces networks, Path checkout, Path work) {
    this.networks = networks;
    this.checkout = checkout;
    this.work = work;
  }

  static Person moveIn(NetworkNamespaces networks, Path checkout, Path work) throws Exception {
    if (ROOT) {
      networks.run(Room.USER, "sh", "-c", MOVE_IN, checkout.toString());
    } else {
      networks.run(Room.USER, "mkdir", "-p", "/run/home/alice");
    }
    return new Person(networks, checkout, work);
  }

  /** Whether it is a user of its own, who needs sudo. */
  boolean isOrdinary() {
    return ROOT;
  }

  String home() {
    return "/run/home/alice";
  }

  Hands hands() {
    return ROOT
        ? new Hands(
            command -> as(UID, command),
            command -> as(UID, Stream.concat(Stream.of("sudo", "-n"), command.stream()).toList()),
            List.of(),
            file -> Path.of(give(file)))
        : Hands.ours(work);
  }

  /** A copy of a file of ours that is this person's alone. */
  String give(Path file) throws Exception {
    String copy = home() + "/" + file.getFileName();
    networks.run(Room.USER, "install", "-m", "600", "-o", owner(), file.toString(), copy);
    return copy;
  }

  private static String owner() {
    return ROOT ? Integer.toString(UID) : "0";
  }

  /** Runs a program as this person; its exit code must be 0. */
  String run(String... command) throws Exception {
    return RunningProgram.run(LIMIT, line(UID, List.of(command)));
  }

  /** As {@link #run}, for programs whose exit code is part of the answer. */
  Ended end(int uid, List<String> command) throws Exception {
    try (RunningProgram program = RunningProgram.start(line(uid, command))) {
      program.process().getOutputStream().close();
      return new Ended(program.awaitExit(LIMIT), program.output());
    }
  }

  /** How a program ended. */
  record Ended(int code, String output) {}

  private List<String> line(int uid, List<String> command) {
    return networks.in(Room.USER, ROOT ? as(uid, command) : command);
  }

  private List<String> as(int uid, List<String> command) {
    List<String> line =
        new ArrayList<>(
            List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups", "env", "-i"));
    line.add("HOME=/run/home/" + (uid == UID ? "alice" : "bob"));
    line.add("XDG_CACHE_HOME=/nonexistent");
    line.add("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    command.forEach(word -> line.add(word.replace(checkout.toString(), CHECKOUT)));
    return line;
  }
}
