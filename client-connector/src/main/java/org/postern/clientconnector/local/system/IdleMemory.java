package org.postern.clientconnector.local.system;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory that a program holds although it does nothing: what is dead on the heap, which nothing
 * would ever collect, what C code has freed and the C library keeps, and pages of the virtual
 * machine's own code and class data that only the start has read. Those are clean copies of files:
 * what is read again comes from the page cache, in some microseconds, and as long as there is
 * memory nothing else takes them from a process.
 *
 * <p>{@link #giveBack} blocks for some tens of milliseconds; any thread but an event loop.
 */
public final class IdleMemory {

  /** Linux, {@code MADV_DONTNEED}. */
  private static final int DONT_NEED = 4;

  private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);
  private static final Path MAP = Path.of("/proc/self/smaps");

  // Of files that are mapped once, at the start, and never again: another mapping may be put in the
  // place of an address that was read a moment ago.
  private static final Pattern MAPPING =
      Pattern.compile(
          "(?m)^([0-9a-f]+)-([0-9a-f]+) r-[-x]p .*/(?:libjvm\\.so|[^/\\n]+\\.jsa)\\n"
              + "((?:[A-Z][A-Za-z_]*:.*\\n)+)");

  private static final Pattern CHANGED = Pattern.compile("(?m)^Anonymous: +0 kB$");

  private IdleMemory() {}

  /** Gives all of it back. Safe at any time; best when nothing is under way. */
  public static void giveBack() {
    // Finds what is dead, and with the launcher's options shrinks the heap to what is not.
    System.gc();
    Calls.trim();
    givePagesBack();
  }

  /** Gives back the pages of files only, which takes a millisecond. */
  static void givePagesBack() {
    try {
      releasePages();
    } catch (IOException e) {
      LOG.debug("the kernel does not tell what is mapped: {}", e.getMessage());
    }
  }

  /**
   * Pages only.
   *
   * @return bytes of the address space that were given back, whether they were in memory or not
   */
  static long releasePages() throws IOException {
    long bytes = 0;
    Matcher mapping = MAPPING.matcher(Files.readString(MAP, StandardCharsets.ISO_8859_1));
    while (mapping.find()) {
      long from = Long.parseUnsignedLong(mapping.group(1), 16);
      long length = Long.parseUnsignedLong(mapping.group(2), 16) - from;
      // A page that was written to is ours alone, and would come back as the file has it.
      if (CHANGED.matcher(mapping.group(3)).find() && Calls.advise(from, length, DONT_NEED)) {
        bytes += length;
      }
    }
    return bytes;
  }

  private static final class Calls {
    private static final MethodHandle MADVISE =
        function("madvise", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT))
            .orElseThrow();

    // Of the GNU C library; others have nothing that is kept, or no such call.
    private static final @Nullable MethodHandle TRIM =
        function("malloc_trim", FunctionDescriptor.of(JAVA_INT, JAVA_LONG)).orElse(null);

    @SuppressWarnings("restricted") // calling C is the point of this class
    private static Optional<MethodHandle> function(String name, FunctionDescriptor shape) {
      Linker linker = Linker.nativeLinker();
      return linker.defaultLookup().find(name).map(at -> linker.downcallHandle(at, shape));
    }

    static boolean advise(long from, long length, int advice) {
      try {
        return (int) MADVISE.invokeExact(from, length, advice) == 0;
      } catch (Throwable e) {
        throw new AssertionError("madvise(2) cannot be called", e);
      }
    }

    static void trim() {
      MethodHandle trim = TRIM;
      if (trim == null) {
        return;
      }
      try {
        int released = (int) trim.invokeExact(0L);
        LOG.trace("malloc_trim(3) has given something back: {}", released == 1);
      } catch (Throwable e) {
        throw new AssertionError("malloc_trim(3) cannot be called", e);
      }
    }
  }
}
