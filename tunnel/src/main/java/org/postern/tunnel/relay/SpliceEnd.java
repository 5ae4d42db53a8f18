package org.postern.tunnel.relay;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/**
 * One bare socket of a lane, watched by the event loop in the place of its Netty channel: bytes
 * that arrive go through a pipe to the other end's socket, and never into this process.
 *
 * <p>Netty's own {@code spliceTo} was measured, and not taken: it is deprecated, keeps two pipes of
 * 64 KiB per lane whether bytes pass or not, needs one more system call per chunk to learn that
 * there are no more, and loses what is left in a socket whose peer has closed.
 *
 * <p>Level-triggered. When the other socket is full, this one is not read until it has drained.
 */
final class SpliceEnd implements EpollIoHandle {
  /** Linux, {@code EPOLLHUP}; reported without being asked for. */
  private static final int EPOLLHUP = 0x10;

  private static final EpollIoOps READ = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLRDHUP);

  /** Nothing but errors. Not {@code NONE}, after which a registration cannot be used again. */
  private static final EpollIoOps NOTHING = EpollIoOps.EPOLLERR;

  private final JoinedLane lane;
  private final FileDescriptor socket;
  private final ReasonCode gone;
  private final int chunkBytes;
  private @Nullable SpliceEnd other;
  private @Nullable IoRegistration registration;
  private EpollIoOps wanted = NOTHING;

  /** Bytes on their way from this socket to the other. */
  private @Nullable SplicePipe pipe;

  private boolean paused;
  private boolean closed;
  private long received;

  SpliceEnd(JoinedLane lane, FileDescriptor socket, ReasonCode gone, int chunkBytes) {
    this.lane = lane;
    this.socket = socket;
    this.gone = gone;
    this.chunkBytes = chunkBytes;
  }

  /** Bytes that came out of this socket. */
  long received() {
    return received;
  }

  void start(SpliceEnd otherEnd, IoRegistration registered) {
    other = otherEnd;
    registration = registered;
    want(READ);
  }

  @Override
  public FileDescriptor fd() {
    return socket;
  }

  @Override
  public void handle(IoRegistration on, IoEvent event) {
    if (closed) {
      return;
    }
    EpollIoOps ops = ((EpollIoEvent) event).ops();
    if (ops.contains(EpollIoOps.EPOLLOUT)) {
      Objects.requireNonNull(other, "other").drain();
    }
    boolean broken = (ops.value() & (EPOLLHUP | EpollIoOps.EPOLLERR.value())) != 0;
    if (closed) {
      return;
    }
    if (paused) {
      if (broken) {
        lane.end(gone);
      }
    } else if (broken || (ops.value() & READ.value()) != 0) {
      fill(broken || ops.contains(EpollIoOps.EPOLLRDHUP));
    }
  }

  private void fill(boolean over) {
    try {
      if (pipe == null) {
        pipe = SplicePipe.take(chunkBytes);
      }
      int filled = pipe.fill(socket, chunkBytes);
      received += filled;
      if (filled > 0) {
        drain();
      } else {
        giveBack();
        if (over) {
          lane.end(gone);
        }
      }
    } catch (IOException e) {
      lane.end(gone);
    }
  }

  /** Gives the other socket what it takes; stops reading while it does not take all. */
  private void drain() {
    SpliceEnd to = other;
    SplicePipe from = pipe;
    if (to == null || from == null) {
      return;
    }
    try {
      from.drain(to.socket);
    } catch (IOException e) {
      lane.end(to.gone);
      return;
    }
    boolean full = from.held() > 0;
    if (!full) {
      giveBack();
    }
    if (full != paused) {
      paused = full;
      want(full ? wanted.without(READ) : wanted.with(READ));
      to.want(full ? to.wanted.with(EpollIoOps.EPOLLOUT) : to.wanted.without(EpollIoOps.EPOLLOUT));
    }
  }

  private void want(EpollIoOps ops) {
    wanted = ops.with(NOTHING);
    if (registration != null && registration.isValid()) {
      registration.submit(wanted);
    }
  }

  private void giveBack() {
    if (pipe != null) {
      pipe.giveBack();
      pipe = null;
    }
  }

  /** The loop watches the socket no more; the caller closes it. */
  void stop() {
    closed = true;
    giveBack();
    if (registration != null) {
      registration.cancel();
    }
  }

  /** The loop itself is going. */
  @Override
  public void close() {
    lane.end(ReasonCode.BROKER_STOPPING);
  }
}
