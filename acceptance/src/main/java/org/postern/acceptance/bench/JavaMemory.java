package org.postern.acceptance.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.acceptance.ground.RunningProgram;

/**
 * What a JVM needs for what it holds: everything resident but the heap, and of the heap what is
 * live after a full collection. Garbage that waits for the collector is nobody's cost, and would
 * drown what is looked for. The JVM must run with {@link #FLAGS}.
 */
public final class JavaMemory {
  /** A heap that is resident from the start, so that its size can be taken off. */
  public static final String FLAGS = "-Xms256m -Xmx256m -XX:+AlwaysPreTouch -XX:+UseSerialGC";

  private static final long HEAP_BYTES = 256L << 20;
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern USED = Pattern.compile("total \\d+K, used (\\d+)K");

  private JavaMemory() {}

  /** Bytes. */
  public static long liveBytes(long pid) throws IOException, InterruptedException {
    long heap = heapBytes(pid);
    return ProcessMeter.residentBytes(List.of(pid)) - HEAP_BYTES + heap;
  }

  /** What is live in the heap of a JVM with the serial collector, after a full collection. */
  public static long heapBytes(long pid) throws IOException, InterruptedException {
    jcmd(pid, "GC.run");
    Matcher used = USED.matcher(jcmd(pid, "GC.heap_info"));
    long kilobytes = 0;
    while (used.find()) {
      kilobytes += Long.parseLong(used.group(1));
    }
    return kilobytes * 1024;
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    return RunningProgram.run(
        LIMIT,
        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
        Long.toString(pid),
        command);
  }
}
