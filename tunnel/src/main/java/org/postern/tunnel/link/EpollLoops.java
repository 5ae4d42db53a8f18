package org.postern.tunnel.link;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Epoll for event loops whose channels are half-closed by their peers.
 *
 * <p>Netty (4.2.17, 4.2.18) takes a socket out of epoll when it waits for nothing any more, which
 * is so after the peer's half closure, and then cannot put it back: the next full send buffer, or
 * the next read, fails with "epoll_ctl: No such file or directory" and closes the channel, and what
 * was to be sent is lost. These loops leave such a socket in epoll, edge-triggered and waiting for
 * nothing, so that it neither spins nor fails.
 */
public final class EpollLoops {

  private EpollLoops() {}

  /** Makes the handlers of event loops; channels and options are those of plain epoll. */
  public static IoHandlerFactory handlers() {
    IoHandlerFactory plain = EpollIoHandler.newFactory();
    return executor -> new Handler(plain.newHandler(executor));
  }

  private record Handler(IoHandler plain) implements IoHandler {

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      return new Registration(plain.register(handle));
    }

    @Override
    public void initialize() {
      plain.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
      return plain.run(context);
    }

    @Override
    public void prepareToDestroy() {
      plain.prepareToDestroy();
    }

    @Override
    public void destroy() {
      plain.destroy();
    }

    @Override
    public void wakeup() {
      plain.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return plain.isCompatible(handleType);
    }
  }

  private static final class Registration implements IoRegistration {
    private final IoRegistration plain;
    private boolean waited;

    Registration(IoRegistration plain) {
      this.plain = plain;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // the interface has it so
    public <T> T attachment() {
      return plain.attachment();
    }

    @Override
    public synchronized long submit(IoOps ops) {
      boolean nothing = ops instanceof EpollIoOps epoll && epoll.value() == 0;
      waited |= !nothing;
      return plain.submit(nothing && waited ? EpollIoOps.EPOLLET : ops);
    }

    @Override
    public boolean isValid() {
      return plain.isValid();
    }

    @Override
    public boolean cancel() {
      return plain.cancel();
    }
  }
}
