package org.postern.clientconnector.local.system;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * With whose rights the kernel opens files for one thread: setfsuid(2) and its like. Unlike a check
 * before a file is opened, it leaves nobody a moment to put a link in between.
 */
public final class ThreadRights {

  // As a plain system call: the C library's setgroups changes all threads of the process.
  private static final long SETGROUPS = System.getProperty("os.arch").equals("aarch64") ? 159 : 116;

  private static final int ASK = -1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SYSCALL =
      downcall(
          "syscall",
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(1));
  private static final MethodHandle SETFSUID =
      downcall("setfsuid", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SETFSGID =
      downcall("setfsgid", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private ThreadRights() {}

  /**
   * From now on this thread, and no other, reads and makes files as that user with that one group;
   * also as root it has no more rights than they have. It cannot be taken back: let the thread end.
   * It must not start processes, and must be a platform thread.
   *
   * @throws IOException if the kernel does not allow it; the thread must end then, too
   */
  public static void assume(int uid, int gid) throws IOException {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread would leave its carrier changed");
    }
    try (Arena arena = Arena.ofConfined()) {
      long groups = (long) SYSCALL.invokeExact(SETGROUPS, 1L, arena.allocateFrom(JAVA_INT, gid));
      int priorGid = (int) SETFSGID.invokeExact(gid);
      int priorUid = (int) SETFSUID.invokeExact(uid);
      int nowGid = (int) SETFSGID.invokeExact(ASK);
      int nowUid = (int) SETFSUID.invokeExact(ASK);
      if (groups != 0 || nowGid != gid || nowUid != uid) {
        throw new IOException(
            "cannot use the files of user %d as that user: the kernel keeps us at %d:%d, before %d:%d"
                    .formatted(uid, nowUid, nowGid, priorUid, priorGid)
                + " (expected: root)");
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("setfsuid(2) cannot be called", e);
    }
  }

  @SuppressWarnings("restricted") // calling C is the point of this class
  private static MethodHandle downcall(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }
}
