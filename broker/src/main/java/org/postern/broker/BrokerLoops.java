package org.postern.broker;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.link.LoopThreads;

/**
 * The event loops of a broker: one of each kind per processor, since they never block, and each hop
 * between them costs a system call.
 */
final class BrokerLoops {
  private static final int QUIET_SECONDS = 0;
  private static final int STOP_SECONDS = 5;

  private final EventLoopGroup prompt = group(LoopThreads.prompt("broker-loop"));
  private final EventLoopGroup bulk = group(LoopThreads.bulk("broker-bulk"));

  private static EventLoopGroup group(ThreadFactory threads) {
    return new MultiThreadIoEventLoopGroup(
        Runtime.getRuntime().availableProcessors(), threads, EpollLoops.handlers());
  }

  /** For everything but {@link #bulk}. */
  EventLoopGroup prompt() {
    return prompt;
  }

  /** For lanes of one flow that moves much. */
  EventLoopGroup bulk() {
    return bulk;
  }

  /** Ends them; blocks for at most a few seconds. */
  void shutDown() {
    bulk.shutdownGracefully(QUIET_SECONDS, STOP_SECONDS, TimeUnit.SECONDS);
    prompt.shutdownGracefully(QUIET_SECONDS, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
    bulk.terminationFuture().awaitUninterruptibly();
  }
}
