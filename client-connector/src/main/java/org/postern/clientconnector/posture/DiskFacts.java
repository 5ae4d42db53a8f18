package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.PostureFact;

/**
 * Whether the root file system lies on dm-crypt (LUKS or plain), whatever is between: every device
 * at the bottom must be reached through an encrypted one. What encrypts elsewhere (a drive by
 * itself, ZFS, the hypervisor) cannot be seen from here.
 */
final class DiskFacts {
  private static final PostureFact.Kind KIND = PostureFact.Kind.KIND_DISK_ENCRYPTED;
  private static final int DEPTH_MAX = 8;
  private static final int DEVICES_MAX = 64;

  private final Machine machine;

  DiskFacts(Machine machine) {
    this.machine = machine;
  }

  /** A mount, as proc(5) describes it. */
  private record Mount(String device, String type, String source) {}

  void collect(FactSheet sheet) {
    try {
      Mount root = root();
      if (root == null) {
        sheet.missing(KIND, "", "/proc/self/mountinfo names no root file system");
        return;
      }
      String device = device(root);
      if (device == null) {
        sheet.missing(
            KIND, "", "the root file system (" + root.type() + ") lies on no block device");
        return;
      }
      boolean encrypted = true;
      for (String each : members(root, device)) {
        encrypted &= encrypted(each, 0);
      }
      sheet.flag(KIND, "", encrypted);
    } catch (IOException e) {
      sheet.missing(KIND, "", "the block devices cannot be examined: " + e.getMessage());
    }
  }

  /** The mount at {@code /} that was made last. */
  private @Nullable Mount root() throws IOException {
    Mount found = null;
    for (String line : machine.text("/proc/self/mountinfo").lines().toList()) {
      String[] words = line.split(" ");
      int dash = List.of(words).indexOf("-");
      if (dash > 5 && words.length > dash + 2 && words[4].equals("/")) {
        found = new Mount(words[2], words[dash + 1], words[dash + 2]);
      }
    }
    return found;
  }

  /** The kernel's name of the device under a mount; null if there is none. */
  private @Nullable String device(Mount mount) throws IOException {
    if (!mount.device().startsWith("0:")) {
      Path link = machine.at("/sys/dev/block/" + mount.device());
      if (Files.exists(link)) {
        return String.valueOf(link.toRealPath().getFileName());
      }
    }
    if (!mount.source().startsWith("/dev/") || mount.source().contains("/../")) {
      return null;
    }
    // /dev/root is a name for which udev makes no file.
    Path node = machine.at(mount.source());
    return Files.exists(node) ? String.valueOf(node.toRealPath().getFileName()) : null;
  }

  /** All devices of a file system that can have several. */
  private List<String> members(Mount root, String device) throws IOException {
    Path systems = machine.at("/sys/fs/btrfs");
    if (root.type().equals("btrfs") && Files.isDirectory(systems)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(systems)) {
        for (Path system : all) {
          List<String> members = names(system.resolve("devices"));
          if (members.contains(device)) {
            return members;
          }
        }
      }
    }
    return List.of(device);
  }

  private static List<String> names(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
        for (Path entry : entries) {
          names.add(String.valueOf(entry.getFileName()));
          if (names.size() > DEVICES_MAX) {
            throw new IOException("more than " + DEVICES_MAX + " devices under one");
          }
        }
      }
    }
    return names;
  }

  private boolean encrypted(String device, int depth) throws IOException {
    if (depth > DEPTH_MAX) {
      throw new IOException("devices are stacked deeper than " + DEPTH_MAX);
    }
    Path entry = machine.at("/sys/class/block/" + device);
    if (!Files.exists(entry)) {
      throw new IOException("the kernel does not know " + device);
    }
    if (device.startsWith("loop")) {
      throw new IOException(device + " is a file, and where it lies is not known");
    }
    Path uuid = entry.resolve("dm/uuid");
    if (Files.exists(uuid) && machine.text(uuid).startsWith("CRYPT-")) {
      return true;
    }
    List<String> below = names(entry.resolve("slaves"));
    if (below.isEmpty()) {
      return false;
    }
    boolean all = true;
    for (String each : below) {
      all &= encrypted(each, depth + 1);
    }
    return all;
  }
}
