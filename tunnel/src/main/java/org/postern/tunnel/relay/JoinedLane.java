package org.postern.tunnel.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/** A lane in the middle: two sockets and nothing else. Methods may be called from any thread. */
public final class JoinedLane {
  /** Smallest chunk for which splicing is worth its two system calls. */
  private static final int SPLICE_CHUNK_BYTES_MIN = 16 << 10;

  /** How long what one side said last may take to reach the other. */
  private static final long LAST_BYTES_SECONDS = 2;

  private final EventLoop loop;
  private final String deviceId;
  private final String connectorId;
  private final RelayListener listener;
  private @Nullable Joint joint;
  private boolean copies = true;
  private boolean ended;
  private LaneCounts counts = LaneCounts.ZERO;

  /** The sockets, once both are bare. */
  private record Joint(Side device, Side connector) {}

  private record Side(Channel channel, RelayEnd end, @Nullable KernelCount kernel) {
    long received() {
      // What was copied was received by the kernel, too.
      return kernel == null ? end.copied() : kernel.received();
    }
  }

  JoinedLane(EventLoop loop, String deviceId, String connectorId, RelayListener listener) {
    this.loop = loop;
    this.deviceId = deviceId;
    this.connectorId = connectorId;
    this.listener = listener;
  }

  /** Loop of both sockets. */
  public EventLoop eventLoop() {
    return loop;
  }

  /** SPIFFE id of the device. */
  public String deviceId() {
    return deviceId;
  }

  /** SPIFFE id of the connector. */
  public String connectorId() {
    return connectorId;
  }

  /** Asks the kernel for the bytes so far. */
  public Future<LaneCounts> counts() {
    Promise<LaneCounts> promise = loop.newPromise();
    loop.execute(() -> promise.setSuccess(sample()));
    return promise;
  }

  /** Cuts the lane at once. Idempotent. */
  public void close(ReasonCode reason) {
    loop.execute(() -> end(reason));
  }

  boolean isOpen() {
    return !ended;
  }

  /** Bytes pass through this process, because the sockets cannot be spliced. */
  boolean copies() {
    return copies;
  }

  /** Both are bare sockets now. On the loop. */
  void join(Channel device, RelayEnd deviceEnd, Channel connector, RelayEnd connectorEnd) {
    joint = new Joint(side(device, deviceEnd), side(connector, connectorEnd));
    if (ended) {
      closeBoth();
      return;
    }
    if (device instanceof AbstractEpollStreamChannel from
        && connector instanceof AbstractEpollStreamChannel to
        && readsBigChunks(device)
        && readsBigChunks(connector)) {
      copies = false;
      splice(from, to, ReasonCode.DEVICE_GONE);
      splice(to, from, ReasonCode.CONNECTOR_GONE);
    }
    device.config().setAutoRead(true);
    connector.config().setAutoRead(true);
    listener.onJoined(this);
  }

  private static Side side(Channel channel, RelayEnd end) {
    // Half closure only lets us ask the kernel for its counts before the socket goes.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    return new Side(
        channel,
        end,
        channel instanceof AbstractEpollStreamChannel ? new KernelCount(channel) : null);
  }

  private static boolean readsBigChunks(Channel channel) {
    return channel.unsafe().recvBufAllocHandle().guess() >= SPLICE_CHUNK_BYTES_MIN;
  }

  @SuppressWarnings("deprecation") // there is nothing else that splices
  private void splice(
      AbstractEpollStreamChannel from, AbstractEpollStreamChannel to, ReasonCode gone) {
    from.spliceTo(to, Integer.MAX_VALUE).addListener(over -> end(gone));
  }

  /** One side says no more: what it said last may still reach the other. */
  void sideEnded(Channel other, ReasonCode gone) {
    if (ended) {
      return;
    }
    sample();
    other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> end(gone));
    loop.schedule(() -> end(gone), LAST_BYTES_SECONDS, TimeUnit.SECONDS);
  }

  void end(ReasonCode reason) {
    if (ended) {
      return;
    }
    sample();
    ended = true;
    closeBoth();
    listener.onClosed(this, counts, reason);
  }

  private void closeBoth() {
    Joint both = joint;
    if (both != null) {
      both.device().channel().close();
      both.connector().channel().close();
    }
  }

  private LaneCounts sample() {
    Joint both = joint;
    if (both != null && !ended) {
      counts = new LaneCounts(both.device().received(), both.connector().received());
    }
    return counts;
  }

  @Override
  public String toString() {
    return "lane of " + deviceId + " and " + connectorId;
  }
}
