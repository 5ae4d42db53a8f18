package org.postern.clientconnector.local.synthetic;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.zip.CRC32;

/**
 * The written form of {@link SyntheticAddresses}: one line per assignment, appended with a single
 * write, so that a crash can only cost the last line.
 *
 * <pre>
 * postern-addresses 1
 * 4711 1790000000 payments.corp.internal 9f3a02c1
 *   |       |              |                `-- CRC-32 of the text before it
 *   |       |              `------------------- name, lower case
 *   |       `---------------------------------- last use, seconds since 1970
 *   `------------------------------------------ offset in the synthetic range
 * </pre>
 *
 * Offsets, not addresses: the map survives a move of the range. Not synchronised to the disk: after
 * a power cut an address may be assigned anew, but then no program that knew the old one lives.
 * Blocks; used by one thread at a time, never by the event loop.
 */
public final class AddressJournal implements Closeable {

  private static final String HEADER = "postern-addresses 1\n";

  /** Largest file that is read: more than any range that is allowed needs. */
  private static final long LENGTH_MAX = 256L << 20;

  private final FileChannel channel;

  private AddressJournal(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Reads what is there into {@code addresses}, rewrites it without the dead records, and opens it
   * for appending. A damaged record ends the reading: what follows it was never told to anybody for
   * sure.
   *
   * @throws IOException if the directory cannot be written
   */
  public static AddressJournal open(Path file, SyntheticAddresses addresses) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    if (Files.exists(file) && Files.size(file) <= LENGTH_MAX) {
      read(Files.readString(file, StandardCharsets.ISO_8859_1), addresses);
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    StringBuilder text = new StringBuilder(HEADER);
    addresses.forEach((name, offset, lastUse) -> text.append(line(name, offset, lastUse)));
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text, StandardCharsets.ISO_8859_1);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    return new AddressJournal(
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
  }

  /**
   * Writes one assignment down.
   *
   * @throws IOException if the disk is full or gone
   */
  public void append(String name, int offset, Instant lastUse) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(line(name, offset, lastUse).getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  static void read(String text, SyntheticAddresses addresses) {
    if (!text.startsWith(HEADER)) {
      return;
    }
    int start = HEADER.length();
    for (int end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
      if (!readLine(text.substring(start, end), addresses)) {
        return;
      }
      start = end + 1;
    }
  }

  private static boolean readLine(String line, SyntheticAddresses addresses) {
    int last = line.lastIndexOf(' ');
    String[] fields = line.split(" ", -1);
    if (fields.length != 4 || !fields[3].equals(checksum(line.substring(0, last)))) {
      return false;
    }
    try {
      addresses.restore(
          fields[2], Integer.parseInt(fields[0]), Instant.ofEpochSecond(Long.parseLong(fields[1])));
      return true;
    } catch (NumberFormatException | DateTimeException e) {
      return false;
    }
  }

  private static String line(String name, int offset, Instant lastUse) {
    String record = offset + " " + lastUse.getEpochSecond() + " " + name;
    return record + " " + checksum(record) + "\n";
  }

  private static String checksum(String record) {
    CRC32 crc = new CRC32();
    crc.update(record.getBytes(StandardCharsets.ISO_8859_1));
    return String.format("%08x", crc.getValue());
  }
}
