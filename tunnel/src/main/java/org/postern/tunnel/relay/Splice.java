package org.postern.tunnel.relay;

import io.netty.channel.epoll.Native;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/** The system call splice(2), without offsets, never blocking. */
final class Splice {
  private Splice() {}

  /**
   * Moves bytes without copying them; one of the two is a pipe.
   *
   * @return how many; 0 when there are none, there is no room, or the source has ended
   */
  static int splice(FileDescriptor from, FileDescriptor to, int bytesMax) throws IOException {
    return Native.splice(from.intValue(), -1, to.intValue(), -1, bytesMax);
  }
}
