package org.postern.clientconnector.local.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.postern.clientconnector.local.OwnedNames;

/**
 * A resolv.conf that nobody manages, or whose manager was told to keep away. It is rewritten in
 * place, not replaced: in containers and network namespaces it is a mount, which cannot be renamed
 * over, and in place it keeps its owner, mode and label.
 */
final class PlainFile implements MachineResolver {

  private static final String PRIOR = "resolv.prior";
  private static final String OURS = "resolv.ours";
  private static final String LINES = "resolv.lines";

  private final Path file;
  private final String address;
  private final UndoJournal journal;
  private boolean journalled;
  private String ours = "";
  private List<InetSocketAddress> upstreams = List.of();

  PlainFile(Path file, String address, UndoJournal journal) {
    this.file = file;
    this.address = address;
    this.journal = journal;
  }

  @Override
  public String kind() {
    return file.toString();
  }

  @Override
  public void point(OwnedNames owned) throws IOException {
    String current = Files.exists(file) ? Files.readString(file) : "";
    boolean untouched = current.equals(ours);
    String prior =
        untouched ? Files.readString(journal.directory().resolve(PRIOR)) : withoutUs(current);
    ResolvConf base = ResolvConf.parse(prior);
    upstreams = base.nameServers(address);
    String next = base.pointedTo(address, owned.searchDomains());
    if (next.equals(current)) {
      return;
    }
    journal.write(PRIOR, prior.getBytes(StandardCharsets.UTF_8));
    journal.write(OURS, next.getBytes(StandardCharsets.UTF_8));
    journal.write(LINES, ownLines(prior, next));
    if (!journalled) {
      journal.add(undoing());
      journalled = true;
    }
    overwrite(next.getBytes(StandardCharsets.UTF_8));
    ours = next;
  }

  @Override
  public List<InetSocketAddress> upstreams() {
    return upstreams;
  }

  /** A file that carries our mark without a journal: only our own lines can be told apart. */
  private String withoutUs(String text) {
    if (!text.contains(ResolvConf.MARK)) {
      return text;
    }
    StringBuilder rest = new StringBuilder();
    text.lines()
        .filter(line -> !line.equals(ResolvConf.MARK) && !line.equals("nameserver " + address))
        .forEach(line -> rest.append(line).append('\n'));
    return rest.toString();
  }

  /**
   * Puts the prior content back if the file still is what we wrote; otherwise somebody else changed
   * it, and only our own lines go, with what they stood for put in their place.
   */
  private String undoing() {
    return """
    if [ -f resolv.ours ]; then
      if [ "$(cat %1$s)" = "$(cat resolv.ours)" ]; then
        cat resolv.prior > %1$s
      elif grep -q -x -F %2$s %1$s; then
        grep -v -x -F -f resolv.lines %1$s > resolv.rest
        for word in nameserver search domain; do
          grep -q "^$word" resolv.rest || grep "^$word" resolv.prior >> resolv.rest
        done
        cat resolv.rest > %1$s
      fi
      rm -f resolv.ours resolv.prior resolv.lines resolv.rest
    fi\
    """
        .formatted(UndoJournal.quote(file.toString()), UndoJournal.quote("nameserver " + address));
  }

  /** The lines of the new file that the old one does not have. */
  private static byte[] ownLines(String prior, String next) {
    List<String> before = prior.lines().toList();
    StringBuilder own = new StringBuilder();
    next.lines().filter(line -> !before.contains(line)).forEach(l -> own.append(l).append('\n'));
    return own.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * One write that is at least as long as the old content, then the cut: a program that reads in
   * between sees our lines and blank ones, never half a file.
   */
  private void overwrite(byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      byte[] padded = Arrays.copyOf(content, (int) Math.max(content.length, channel.size()));
      Arrays.fill(padded, content.length, padded.length, (byte) '\n');
      ByteBuffer bytes = ByteBuffer.wrap(padded);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.truncate(content.length);
    }
  }
}
