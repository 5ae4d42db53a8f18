package org.postern.tunnel.link;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads of event loops that tell the kernel what they are for: {@code sched_setattr(2)}, Linux,
 * for the calling thread; it needs no privilege. A loop of small exchanges asks for short slices
 * (honoured from Linux 6.12), so that it need not wait for the end of another thread's; a loop that
 * moves much is batch work, which does not push others aside when it wakes up. A kernel that does
 * not want to hear it is left alone: what is lost is some milliseconds on a busy machine.
 */
public final class LoopThreads {
  private static final Logger log = LoggerFactory.getLogger(LoopThreads.class);

  private static final int SCHED_OTHER = 0;
  private static final int SCHED_BATCH = 3;

  /** The shortest slice that the kernel grants, in nanoseconds. */
  private static final long SHORT_SLICE = 100_000;

  // struct sched_attr, first version: size, policy, flags, nice, priority, runtime, deadline,
  // period.
  private static final int ATTR_BYTES = 48;
  private static final int POLICY = 4;
  private static final int RUNTIME = 24;

  private static final @Nullable Calls CALLS = calls();

  private LoopThreads() {}

  private record Calls(MethodHandle syscall, long get, long set) {}

  /** For loops on which somebody waits for an answer. */
  public static ThreadFactory prompt(String name) {
    return new Scheduled(name, SCHED_OTHER, SHORT_SLICE);
  }

  /** For loops that move much. */
  public static ThreadFactory bulk(String name) {
    return new Scheduled(name, SCHED_BATCH, 0);
  }

  private static final class Scheduled extends DefaultThreadFactory {
    private final int policy;
    private final long sliceNanos;

    Scheduled(String name, int policy, long sliceNanos) {
      super(name);
      this.policy = policy;
      this.sliceNanos = sliceNanos;
    }

    @Override
    public Thread newThread(Runnable work) {
      return super.newThread(() -> {
        tell(policy, sliceNanos);
        work.run();
      });
    }
  }

  @SuppressWarnings("restricted") // a system call that the JDK does not have
  private static @Nullable Calls calls() {
    String machine = System.getProperty("os.arch", "");
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle syscall =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("syscall"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT),
              Linker.Option.firstVariadicArg(1));
      return switch (machine) {
        case "amd64" -> new Calls(syscall, 315, 314);
        case "aarch64" -> new Calls(syscall, 275, 274);
        default -> null;
      };
    } catch (RuntimeException e) {
      log.debug("the kernel is not told what threads are for: {}", e.toString());
      return null;
    }
  }

  private static void tell(int policy, long sliceNanos) {
    Calls calls = CALLS;
    if (calls == null) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, Long.BYTES);
      long got = (long) calls.syscall.invokeExact(calls.get, 0, attr, ATTR_BYTES, 0);
      int now = attr.get(ValueLayout.JAVA_INT, POLICY);
      if (got != 0 || (now != SCHED_OTHER && now != SCHED_BATCH)) {
        return; // whoever started us has decided: real time, or idle
      }
      attr.set(ValueLayout.JAVA_INT, POLICY, policy);
      attr.set(ValueLayout.JAVA_LONG, RUNTIME, sliceNanos);
      long set = (long) calls.syscall.invokeExact(calls.set, 0, attr, 0, 0);
      log.trace("thread scheduled with policy {}, slice {} ns: {}", policy, sliceNanos, set);
    } catch (Throwable e) {
      throw new AssertionError("sched_setattr cannot throw", e);
    }
  }
}
