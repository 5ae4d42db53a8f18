package org.postern.tunnel.relay;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a pipe larger than the kernel's 64 KiB: {@code fcntl(fd, F_SETPIPE_SZ, bytes)}, Linux, see
 * fcntl(2). The kernel limits it (fs.pipe-max-size, fs.pipe-user-pages-soft); a pipe that stays
 * small only costs more system calls.
 */
final class PipeSize {
  private static final Logger log = LoggerFactory.getLogger(PipeSize.class);
  private static final int F_SETPIPE_SZ = 1031;
  private static final @Nullable MethodHandle FCNTL = fcntl();

  private PipeSize() {}

  @SuppressWarnings("restricted") // a system call that the JDK does not have
  private static @Nullable MethodHandle fcntl() {
    try {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow("fcntl"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2));
    } catch (RuntimeException e) {
      log.info("pipes keep their size: {}", e.toString());
      return null;
    }
  }

  static void set(int fd, int bytes) {
    MethodHandle fcntl = FCNTL;
    if (fcntl == null) {
      return;
    }
    try {
      int size = (int) fcntl.invokeExact(fd, F_SETPIPE_SZ, bytes);
      if (size < bytes) {
        log.trace("pipe of {} bytes (wanted: {})", size, bytes);
      }
    } catch (Throwable e) {
      throw new AssertionError("fcntl cannot throw", e);
    }
  }
}
