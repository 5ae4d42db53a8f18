package org.postern.clientconnector.local.tun;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The three calls of the C library that opening a TUN device takes, through the FFM API. */
final class LinuxCalls {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  // open(2) and ioctl(2) are variadic: calling them as if they were not is undefined.
  private static final MethodHandle OPEN =
      downcall(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.captureCallState("errno"),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle IOCTL =
      downcall(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.captureCallState("errno"),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      downcall(
          "close",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT),
          Linker.Option.captureCallState("errno"));

  private LinuxCalls() {}

  /** Result of a call: {@code value}, or -1 with {@code errno}. */
  record Result(int value, int errno) {}

  static Result open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(ERRNO_LAYOUT);
      int value = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, 0);
      return new Result(value, (int) ERRNO.get(state, 0L));
    } catch (Throwable e) {
      throw new AssertionError("open(2) cannot be called", e);
    }
  }

  static Result ioctl(int descriptor, long request, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(ERRNO_LAYOUT);
      int value = (int) IOCTL.invokeExact(state, descriptor, request, argument);
      return new Result(value, (int) ERRNO.get(state, 0L));
    } catch (Throwable e) {
      throw new AssertionError("ioctl(2) cannot be called", e);
    }
  }

  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) CLOSE.invokeExact(arena.allocate(ERRNO_LAYOUT), descriptor);
    } catch (Throwable e) {
      throw new AssertionError("close(2) cannot be called", e);
    }
  }

  @SuppressWarnings("restricted") // calling C is the point of this class
  private static MethodHandle downcall(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(), descriptor, options);
  }
}
