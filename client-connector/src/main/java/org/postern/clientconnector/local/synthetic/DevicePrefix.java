package org.postern.clientconnector.local.synthetic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.clientconnector.local.Ipv6Address;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;

/**
 * The IPv6 prefix that a device made for itself: {@code fd}, a random global ID of 40 bits and
 * zeros (RFC 4193 section 3.2), kept beside the map of addresses. Blocks.
 */
public final class DevicePrefix {

  private static final int LENGTH_MAX = 64;
  private static final long LOCALLY_ASSIGNED = 0xfdL << 56;

  private DevicePrefix() {}

  /**
   * Reads the prefix, or makes one and writes it down. A file that holds none is replaced: what it
   * said is lost, and with it only what programs remember of IPv6 addresses.
   *
   * @throws IOException if the directory cannot be written
   */
  public static Ipv6Range readOrMake(Path file, RandomGenerator random) throws IOException {
    Ipv6Range known = read(file);
    if (known != null) {
      return known;
    }
    long globalId = random.nextLong() >>> 24;
    Ipv6Range made = new Ipv6Range(new Ipv6Address(LOCALLY_ASSIGNED | globalId << 16, 0), 96);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, made + "\n", StandardCharsets.US_ASCII);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    return made;
  }

  private static @Nullable Ipv6Range read(Path file) throws IOException {
    if (!Files.exists(file) || Files.size(file) > LENGTH_MAX) {
      return null;
    }
    try {
      Ipv6Range prefix =
          Ipv6Range.parse(Files.readString(file, StandardCharsets.ISO_8859_1).strip());
      return Ipv6Twin.isPrefix(prefix) ? prefix : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
