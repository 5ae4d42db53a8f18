package org.postern.tunnel.relay;

import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * A kernel pipe that bytes of one direction of a lane pass through. It is lent by its loop's pool
 * only while there are bytes in it, so that a lane that is idle costs no pipe. Belongs to its loop.
 */
final class SplicePipe {
  /** Empty pipes that a loop keeps for the next bytes. */
  private static final int IDLE_MAX = 16;

  private static final FastThreadLocal<ArrayDeque<SplicePipe>> IDLE =
      new FastThreadLocal<>() {
        @Override
        protected ArrayDeque<SplicePipe> initialValue() {
          return new ArrayDeque<>(IDLE_MAX);
        }

        @Override
        protected void onRemoval(ArrayDeque<SplicePipe> pipes) {
          pipes.forEach(SplicePipe::close);
        }
      };

  private final FileDescriptor out;
  private final FileDescriptor in;
  private int held;

  private SplicePipe(FileDescriptor out, FileDescriptor in) {
    this.out = out;
    this.in = in;
  }

  /** An empty one, on the calling loop. */
  static SplicePipe take(int bytes) throws IOException {
    SplicePipe idle = IDLE.get().pollLast();
    if (idle != null) {
      return idle;
    }
    FileDescriptor[] ends = FileDescriptor.pipe();
    PipeSize.set(ends[1].intValue(), bytes);
    return new SplicePipe(ends[0], ends[1]);
  }

  /** Back to the pool when it is empty; what still holds bytes is of no use to another lane. */
  void giveBack() {
    ArrayDeque<SplicePipe> idle = IDLE.get();
    if (held == 0 && idle.size() < IDLE_MAX) {
      idle.addLast(this);
    } else {
      close();
    }
  }

  int held() {
    return held;
  }

  /** From a socket; 0 when it has nothing, has ended, or the pipe is full. */
  int fill(FileDescriptor socket, int bytesMax) throws IOException {
    int filled = Splice.splice(socket, in, bytesMax);
    held += filled;
    return filled;
  }

  /** Into a socket, as much as it takes. */
  void drain(FileDescriptor socket) throws IOException {
    held -= Splice.splice(out, socket, held);
  }

  private void close() {
    try {
      in.close();
      out.close();
    } catch (IOException e) {
      throw new AssertionError("a pipe can always be closed", e);
    }
  }
}
