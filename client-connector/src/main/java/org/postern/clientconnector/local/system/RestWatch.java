package org.postern.clientconnector.local.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a process which has worked is quiet again, and has it give back what the work
 * needed. Quiet is a process that takes next to no processor time, the kernel's for it included:
 * while bytes flow it is not, however many flows are open and whoever moves the bytes. At most one
 * rest in {@link #REST_AT_MOST_EVERY}, and none for a process that has done nothing since the last.
 *
 * <p>A rest is work itself, and so is what settles after it: the kernel maps sixteen pages of a
 * file around each that is read. So pages are given back once more when that is over; what comes
 * back then is what an idle process reads.
 *
 * <p>Used by one thread, which looks every {@link #LOOK_EVERY}; a look costs some microseconds.
 */
public final class RestWatch {
  /** How long quiet has to last. */
  public static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  static final Duration REST_AT_MOST_EVERY = Duration.ofSeconds(5);

  /** Of processor time between two looks; more is work. */
  static final long QUIET_MILLIS = 40;

  /** Of the heap since the last rest, which are worth a collection. */
  static final long HEAP_WORTH_BYTES = 1 << 20;

  /** Of all that is resident, since what a rest had taken too much came back. */
  static final long RESIDENT_WORTH_BYTES = 6 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(RestWatch.class);
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
  private static final long UNKNOWN = Long.MAX_VALUE;

  private final Meter meter;
  private final LongSupplier nanoTime;
  private final Runnable giveBack;
  private final Runnable givePagesBack;
  private long cpuMillis;
  private long restedNanos;
  private long heapAtRest;
  private long residentAtRest = UNKNOWN;
  private boolean worked = true;
  private boolean settling;

  /**
   * What a process takes.
   *
   * @param cpuMillis since its start, of all threads, in and outside the kernel
   * @param residentBytes now
   * @param heapBytes in use, dead or alive
   */
  record Usage(long cpuMillis, long residentBytes, long heapBytes) {}

  /** Where it is read. */
  interface Meter {
    Usage read() throws IOException;
  }

  /** Of this process, which has just started and may rest as soon as it is quiet. */
  public RestWatch(LongSupplier nanoTime) {
    this(RestWatch::ofThisProcess, nanoTime, IdleMemory::giveBack, IdleMemory::givePagesBack);
  }

  RestWatch(Meter meter, LongSupplier nanoTime, Runnable giveBack, Runnable givePagesBack) {
    this.meter = meter;
    this.nanoTime = nanoTime;
    this.giveBack = giveBack;
    this.givePagesBack = givePagesBack;
    this.restedNanos = nanoTime.getAsLong() - REST_AT_MOST_EVERY.toNanos();
  }

  /**
   * Looks, and rests if it is time.
   *
   * @return whether it was
   */
  public boolean look() {
    try {
      Usage now = meter.read();
      boolean quiet = now.cpuMillis() - cpuMillis <= QUIET_MILLIS;
      cpuMillis = now.cpuMillis();
      worked |= !quiet;
      if (residentAtRest == UNKNOWN) {
        residentAtRest = now.residentBytes();
      }
      if (!quiet || recentlyRested()) {
        return false;
      }
      if (!worked && settling) {
        rest(givePagesBack);
        settling = false;
        return true;
      }
      if (!worked && !grown(now)) {
        return false;
      }
      rest(giveBack);
      settling = true;
      return true;
    } catch (IOException e) {
      LOG.debug("the kernel does not tell what this process takes: {}", e.getMessage());
      return false;
    }
  }

  private boolean recentlyRested() {
    return nanoTime.getAsLong() - restedNanos < REST_AT_MOST_EVERY.toNanos();
  }

  private boolean grown(Usage now) {
    return now.heapBytes() - heapAtRest > HEAP_WORTH_BYTES
        || now.residentBytes() - residentAtRest > RESIDENT_WORTH_BYTES;
  }

  private void rest(Runnable how) throws IOException {
    how.run();
    Usage after = meter.read();
    cpuMillis = after.cpuMillis();
    heapAtRest = after.heapBytes();
    residentAtRest = UNKNOWN;
    worked = false;
    restedNanos = nanoTime.getAsLong();
  }

  static Usage ofThisProcess() throws IOException {
    // See proc(5): the name may hold anything and ends with the last parenthesis, field 3 follows.
    String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[14 - 3]) + Long.parseLong(fields[15 - 3]);
    Matcher resident =
        RESIDENT.matcher(
            Files.readString(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1));
    Runtime runtime = Runtime.getRuntime();
    return new Usage(
        ticks * 10, // USER_HZ is 100 for all that read /proc
        resident.find() ? Long.parseLong(resident.group(1)) * 1024 : 0,
        runtime.totalMemory() - runtime.freeMemory());
  }
}
