package org.postern.acceptance.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel says that processes have used; see proc(5). */
public final class ProcessMeter {
  /** USER_HZ, which is fixed for all that read /proc. */
  private static final double TICKS_PER_SECOND = 100;

  private static final Pattern RSS = Pattern.compile("(?m)^Rss:\\s+(\\d+) kB");

  private ProcessMeter() {}

  /** User and system time of these processes and their ended children, in seconds, to 10 ms. */
  public static double cpuSeconds(Collection<Long> pids) throws IOException {
    double ticks = 0;
    for (long pid : pids) {
      String stat = read(pid, "stat");
      if (stat.isEmpty()) {
        continue;
      }
      // The name is in parentheses and may hold anything; field 3 follows it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 0);
      for (int field = 14; field <= 17; field++) {
        ticks += Long.parseLong(fields[field - 3]);
      }
    }
    return ticks / TICKS_PER_SECOND;
  }

  /** Resident memory of these processes, shared pages counted for each, in bytes. */
  public static long residentBytes(Collection<Long> pids) throws IOException {
    long kilobytes = 0;
    for (long pid : pids) {
      Matcher rss = RSS.matcher(read(pid, "smaps_rollup"));
      if (rss.find()) {
        kilobytes += Long.parseLong(rss.group(1));
      }
    }
    return kilobytes * 1024;
  }

  private static String read(long pid, String file) throws IOException {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file));
    } catch (NoSuchFileException ended) {
      return "";
    }
  }
}
