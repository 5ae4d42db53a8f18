package org.postern.tunnel.relay;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.message.ReasonCode;

/** A lane in the middle: two sockets and nothing else. Methods may be called from any thread. */
public final class JoinedLane {
  /** How long what one side said last may take to reach the other. */
  private static final long LAST_BYTES_SECONDS = 2;

  private final EventLoop loop;
  private final String deviceId;
  private final String connectorId;
  private final RelayListener listener;
  private final int chunkBytes;
  private @Nullable Side device;
  private @Nullable Side connector;
  private boolean copies;
  private boolean ended;
  private LaneCounts counts = LaneCounts.ZERO;

  /** A bare socket, and what passes its bytes on: by copying, and then by splicing. */
  private static final class Side {
    private final Channel channel;
    private final RelayEnd copier;
    private final ReasonCode gone;
    private @Nullable SpliceEnd splicer;

    Side(Channel channel, RelayEnd copier, ReasonCode gone) {
      this.channel = channel;
      this.copier = copier;
      this.gone = gone;
    }

    long received() {
      return copier.copied() + (splicer == null ? 0 : splicer.received());
    }

    void close() {
      if (splicer != null) {
        splicer.stop();
      }
      channel.close();
    }
  }

  JoinedLane(
      EventLoop loop, String deviceId, String connectorId, RelayListener listener, int chunkBytes) {
    this.loop = loop;
    this.deviceId = deviceId;
    this.connectorId = connectorId;
    this.listener = listener;
    this.chunkBytes = chunkBytes;
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

  /** Bytes so far. */
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

  /** True when bytes pass through this process, because the sockets cannot be spliced. */
  public boolean copies() {
    return copies;
  }

  /** Both are bare sockets now that are not read. On the loop. */
  void join(
      Channel deviceSocket, RelayEnd deviceEnd, Channel connectorSocket, RelayEnd connectorEnd) {
    device = new Side(deviceSocket, deviceEnd, ReasonCode.DEVICE_GONE);
    connector = new Side(connectorSocket, connectorEnd, ReasonCode.CONNECTOR_GONE);
    if (ended) {
      closeBoth();
      return;
    }
    if (loop instanceof IoEventLoop io && io.isCompatible(SpliceEnd.class)) {
      // What was read before must have left before anything is spliced past it.
      leave(connectorSocket, () -> leave(deviceSocket, () -> splice(io)));
    } else {
      copies = true;
      deviceSocket.config().setAutoRead(true);
      connectorSocket.config().setAutoRead(true);
      listener.onJoined(this);
    }
  }

  /** Takes a channel off the loop once it has written what it has. */
  private void leave(Channel channel, Runnable then) {
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> channel.deregister().addListener(left -> proceed(left, then)));
  }

  private void proceed(Future<?> left, Runnable then) {
    if (ended) {
      closeBoth();
    } else if (left.isSuccess()) {
      then.run();
    } else {
      end(ReasonCode.LANE_LOST);
    }
  }

  private void splice(IoEventLoop io) {
    Side fromDevice = Objects.requireNonNull(device, "device");
    Side fromConnector = Objects.requireNonNull(connector, "connector");
    SpliceEnd deviceEnd = splicer(fromDevice);
    SpliceEnd connectorEnd = splicer(fromConnector);
    fromDevice.splicer = deviceEnd;
    fromConnector.splicer = connectorEnd;
    endWith(fromDevice);
    endWith(fromConnector);
    io.register(deviceEnd)
        .addListener((Future<IoRegistration> first) ->
            io.register(connectorEnd)
                .addListener((Future<IoRegistration> second) -> {
                  if (!first.isSuccess() || !second.isSuccess()) {
                    end(ReasonCode.LANE_LOST);
                    return;
                  }
                  listener.onJoined(this);
                  deviceEnd.start(connectorEnd, first.getNow());
                  connectorEnd.start(deviceEnd, second.getNow());
                }));
  }

  /**
   * A channel that has left the loop tells nobody when it is closed, and its number is free for the
   * next connection at once: what watches that number has to go in the same step.
   */
  private void endWith(Side side) {
    side.channel.closeFuture().addListener(closed -> end(side.gone));
  }

  private SpliceEnd splicer(Side side) {
    return new SpliceEnd(this, ((UnixChannel) side.channel).fd(), side.gone, chunkBytes);
  }

  /** One side says no more: what it said last may still reach the other. Copying only. */
  void sideEnded(Channel other, ReasonCode gone) {
    if (ended || !copies) {
      end(gone);
      return;
    }
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
    if (device != null) {
      device.close();
    }
    if (connector != null) {
      connector.close();
    }
  }

  private LaneCounts sample() {
    if (device != null && connector != null && !ended) {
      counts = new LaneCounts(device.received(), connector.received());
    }
    return counts;
  }

  @Override
  public String toString() {
    return "lane of " + deviceId + " and " + connectorId;
  }
}
