package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowMux;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.LanePort;
import org.postern.tunnel.flow.MuxEvents;
import org.postern.tunnel.message.ReasonCode;

/**
 * Drives an endpoint's mux: the clock, the one timer, and the order in which things that cause each
 * other are done, so that the mux is never called from within itself. On the endpoint's event loop
 * only.
 */
final class MuxDriver {
  private final FlowEndpoint.Config config;
  private final Listener listener;
  private final FlowMux mux;
  private final Map<ByteString, LaneHandler> lanes = new HashMap<>();

  // Work to be done before the mux rests again; see run().
  private final ArrayDeque<Runnable> deferred = new ArrayDeque<>();
  private final ArrayDeque<LocalEnd> listedEnds = new ArrayDeque<>();
  private final ArrayDeque<LaneHandler> listedLanes = new ArrayDeque<>();
  private final ArrayDeque<Runnable> events = new ArrayDeque<>();
  private boolean busy;
  private boolean telling;
  private boolean again;
  private boolean settling;

  private @Nullable Future<?> timer;
  private long timerAtNanos;

  /** Who is told what happens; the owner, and what only this package needs to know. */
  interface Listener extends FlowListener {
    /** Connector: the peer has reset a flow that another driver has at present. */
    void onResetAway(long flowId, ReasonCode reason);
  }

  MuxDriver(FlowEndpoint.Config config, Listener listener) {
    this.config = config;
    this.listener = listener;
    mux =
        new FlowMux(
            config.role(),
            config.limits(),
            config.memory(),
            PooledByteBufAllocator.DEFAULT,
            new Events());
  }

  /** The loop that owns it. */
  EventLoop loop() {
    return config.loop();
  }

  Map<ByteString, LaneHandler> lanes() {
    return lanes;
  }

  FlowMux mux() {
    return mux;
  }

  long now() {
    return config.nanoTime().getAsLong();
  }

  /** True while the mux, or what it called, is at work: calls have to wait. */
  boolean isBusy() {
    return busy;
  }

  void list(LocalEnd end) {
    listedEnds.add(end);
  }

  void listLane(LaneHandler lane) {
    listedLanes.add(lane);
  }

  /** Bytes from a lane; what they cause is done by the run() that follows. */
  void received(LanePort port, ByteBuf bytes) {
    busy = true;
    try {
      mux.received(port, bytes, now());
    } finally {
      busy = false;
    }
  }

  /** The program or the application has broken the connection. */
  void localFailed(FlowState state) {
    ReasonCode reason =
        switch (config.role()) {
          case DEVICE -> ReasonCode.LOCAL_RESET;
          case CONNECTOR -> ReasonCode.UPSTREAM_RESET;
        };
    mux.reset(state, reason, EndedBy.LOCAL, now());
  }

  /** Does something with the mux now, or as soon as the mux is at rest. */
  void act(Runnable action) {
    deferred.add(action);
    run();
  }

  /** Does something with the mux when the loop has read all sockets that are ready now. */
  void later(Runnable action) {
    deferred.add(action);
    settle();
  }

  /** A write has completed: within our own flush that is seen there, else a run is needed. */
  void runSoon() {
    if (!busy) {
      run();
    }
  }

  /**
   * Runs when the loop has read all sockets that are ready now: what came in on several of them
   * leaves in the same records and system calls.
   */
  void settle() {
    if (!settling) {
      settling = true;
      config.loop().execute(this::settled);
    }
  }

  private void settled() {
    settling = false;
    run();
  }

  /**
   * Brings everything to rest: calls that had to wait, local ends with news, turns of the lanes,
   * flushes; as often as one causes another. Then tells the owner what happened.
   */
  void run() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      do {
        again = false;
        for (Runnable next = deferred.poll(); next != null; next = deferred.poll()) {
          next.run();
        }
        for (LocalEnd end = listedEnds.poll(); end != null; end = listedEnds.poll()) {
          end.step();
        }
        mux.pump(now());
        for (LaneHandler lane = listedLanes.poll(); lane != null; lane = listedLanes.poll()) {
          lane.flush();
        }
      } while (again || !deferred.isEmpty() || !listedEnds.isEmpty());
    } finally {
      busy = false;
    }
    tell();
    arm();
  }

  private void tell() {
    if (telling) {
      return;
    }
    telling = true;
    try {
      for (Runnable event = events.poll(); event != null; event = events.poll()) {
        event.run();
      }
    } finally {
      telling = false;
    }
  }

  private void arm() {
    long now = now();
    long delay = mux.delayNanos(now);
    if (delay < 0 || (timer != null && timerAtNanos - now <= delay)) {
      return;
    }
    if (timer != null) {
      timer.cancel(false);
    }
    timerAtNanos = now + delay;
    timer = config.loop().schedule(this::tick, delay, TimeUnit.NANOSECONDS);
  }

  private void tick() {
    timer = null;
    act(() -> mux.tick(now()));
  }

  /** What the mux tells, kept until it is at rest. */
  private final class Events implements MuxEvents {
    @Override
    public void onFlowClosed(FlowSummary summary) {
      events.add(() -> listener.onFlowClosed(summary));
    }

    @Override
    public void onResetAway(long flowId, ReasonCode reason) {
      events.add(() -> listener.onResetAway(flowId, reason));
    }

    @Override
    public void onOrphaned(long flowId) {
      if (config.role() == FlowRole.DEVICE) {
        events.add(() -> listener.onOrphaned(flowId));
      }
    }

    @Override
    public void onMoved(long flowId, LanePort lane) {
      events.add(() -> listener.onMoved(flowId, (ByteString) lane.key()));
    }

    @Override
    public void onWantsOwnLane(long flowId) {
      events.add(() -> listener.onWantsOwnLane(flowId));
    }

    @Override
    public void onLaneClosed(LanePort lane, ReasonCode reason, String text) {
      ByteString laneId = (ByteString) lane.key();
      LaneHandler handler = lanes.remove(laneId);
      if (handler != null) {
        deferred.add(handler::close);
      }
      events.add(() -> listener.onLaneClosed(laneId, reason, text));
    }
  }
}
