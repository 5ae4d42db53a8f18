package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.EarlyData;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowMux;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowState;
import org.postern.tunnel.flow.FlowSummary.EndedBy;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.GrantOutcome;
import org.postern.tunnel.flow.LanePort;
import org.postern.tunnel.flow.LocalSink;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.message.ReasonCode;

/**
 * One end of a device-connector pair: all lanes between the two, and all flows on them. Every
 * method must be called on its event loop, on which all its lanes and local channels are
 * registered.
 *
 * <p>A flow that was moved to a lane made for it alone is worked on by another loop, so that small
 * flows need not wait for it. Its local channel is closed there: who listens to its {@code
 * closeFuture} must give what the owner's loop owns a task, and not touch it.
 *
 * <p>Device: {@code attachLane}, {@code openTcp} / {@code openUdp} (bytes may leave before the flow
 * was let in), {@code onOpened} or {@code onRefused}, {@code move}. Connector: {@code attachLane},
 * {@code grant}, then {@code attach} or {@code refuse}; {@code grantResume}.
 */
public final class FlowEndpoint {
  private final Config config;
  private final MuxDriver driver;
  private final FlowMux mux;
  private final BulkFlows bulk;

  /**
   * What an endpoint works with.
   *
   * @param loop its owner
   * @param bulkLoops where flows are worked on that move much; the owner itself if nowhere else
   * @param peerId SPIFFE id of the other end; every lane must have proved it
   * @param role which end this is
   * @param limits bounds
   * @param memory shared by all endpoints of the process
   * @param nanoTime a monotonic clock, in nanoseconds
   */
  public record Config(
      EventLoop loop,
      EventLoopGroup bulkLoops,
      String peerId,
      FlowRole role,
      FlowLimits limits,
      MemoryBudget memory,
      LongSupplier nanoTime) {

    /** The same on another loop. */
    Config on(EventLoop other) {
      return new Config(other, other, peerId, role, limits, memory, nanoTime);
    }
  }

  /** With an owner that is told what happens. */
  public FlowEndpoint(Config config, FlowListener listener) {
    this.config = config;
    bulk = new BulkFlows(config, listener);
    driver = bulk.home();
    mux = driver.mux();
  }

  /** SPIFFE id of the other end. */
  public String peerId() {
    return config.peerId();
  }

  /** The loop that owns this endpoint. */
  public EventLoop eventLoop() {
    return config.loop();
  }

  /**
   * Takes over a lane whose inner TLS is up. From here on the endpoint reads, writes and closes the
   * channel.
   *
   * @throws IllegalArgumentException when the lane proved another peer id, is of another event
   *     loop, or has an id that is attached already
   */
  public void attachLane(ByteString laneId, String lanePeerId, Channel lane) {
    checkLoop();
    if (!lanePeerId.equals(config.peerId())) {
      throw new IllegalArgumentException(
          "lane of %s (expected: %s)".formatted(lanePeerId, config.peerId()));
    }
    if (!lane.eventLoop().equals(config.loop())) {
      throw new IllegalArgumentException("lane of another event loop (expected: the endpoint's)");
    }
    if (hasLane(laneId)) {
      throw new IllegalArgumentException("lane id that is attached already (expected: a new one)");
    }
    LaneHandler handler = new LaneHandler(driver, laneId, lane);
    LanePort port = mux.addLane(laneId, handler, driver.now());
    if (port == null) {
      lane.close();
      bulk.onLaneClosed(laneId, ReasonCode.RATE_LIMITED, "too many lanes");
      return;
    }
    driver.lanes().put(laneId, handler);
    handler.start(port, config.limits().laneQueueBytes());
    new Lane(laneId, lanePeerId, lane).start();
    if (!lane.isActive()) {
      mux.closeLane(port, ReasonCode.LANE_LOST, "connection closed", driver.now());
    }
    driver.run();
  }

  /** True while the lane is attached and open. */
  public boolean hasLane(ByteString laneId) {
    checkLoop();
    return driver.lanes().containsKey(laneId) || bulk.hasLane(laneId);
  }

  /** Live flows on a lane; 0 for an unknown one. */
  public int flowsOn(ByteString laneId) {
    LaneHandler lane = driver.lanes().get(laneId);
    return lane == null ? bulk.flowsOn(laneId) : lane.port().flowCount();
  }

  /** Live flows, those without a lane included. */
  public int flows() {
    return mux.flowCount() + bulk.flows();
  }

  /** The live flow of that id, or null. */
  public @Nullable Flow flow(long flowId) {
    checkLoop();
    FlowState state = mux.flow(flowId);
    return state == null ? bulk.handle(flowId) : new FlowHandle(driver, state);
  }

  /** Device: a lane is for one flow alone, which asks for no other. Unknown lanes are ignored. */
  public void reserveLane(ByteString laneId) {
    checkLoop();
    LaneHandler lane = driver.lanes().get(laneId);
    if (lane != null) {
      lane.port().forOneFlow();
    }
  }

  /** Closes a lane; its flows are orphaned (to be moved or reset). Unknown lanes are ignored. */
  public void closeLane(ByteString laneId, ReasonCode reason) {
    checkLoop();
    LaneHandler lane = driver.lanes().get(laneId);
    if (lane != null) {
      driver.act(() -> mux.closeLane(lane.port(), reason, "closed by the owner", driver.now()));
    } else {
      bulk.closeLane(laneId, reason);
    }
  }

  /**
   * Device: starts a TCP flow on a lane. The local channel (TCP or Unix socket, this event loop,
   * auto-read off, half closure allowed, nothing read yet) belongs to the endpoint from here on;
   * its bytes are sent at once, whether or not the flow was let in yet. Nothing is written to it
   * before {@link #onOpened}, and when the flow ends before that, the channel is the caller's
   * again, open, when {@link FlowListener#onFlowClosed} is called.
   *
   * @return the flow, or null when the lane is unknown or there are too many flows; the caller then
   *     still owns the channel
   */
  public @Nullable Flow openTcp(long flowId, ByteString laneId, Channel local) {
    checkLocal(local);
    LocalEnd end = new LocalEnd(driver, local, true);
    FlowState state = open(flowId, FlowKind.TCP, laneId, end);
    if (state == null) {
      return null;
    }
    end.start(state);
    driver.run();
    return new FlowHandle(driver, state);
  }

  /** Device: starts a UDP flow on a lane. As {@link #openTcp}. */
  public @Nullable Flow openUdp(long flowId, ByteString laneId, DatagramEnd local) {
    FlowState state = open(flowId, FlowKind.UDP, laneId, new DatagramLocal(local));
    return state == null ? null : new FlowHandle(driver, state);
  }

  private @Nullable FlowState open(long flowId, FlowKind kind, ByteString laneId, LocalSink local) {
    checkAtRest();
    LaneHandler lane = driver.lanes().get(laneId);
    return lane == null ? null : mux.open(flowId, kind, lane.port(), local, driver.now());
  }

  /**
   * A live flow may idle, or live, for another time from now on; one that is over ends it. Unknown
   * flows are ignored.
   */
  public void setTimes(long flowId, FlowTimes times) {
    checkLoop();
    FlowState state = mux.flow(flowId);
    BulkFlow away = bulk.flow(flowId);
    if (state != null) {
      mux.setTimes(state, times);
    } else if (away != null) {
      away.setTimes(times);
    }
  }

  /** Device: the connector let the flow in. Unknown flows are ignored. */
  public void onOpened(long flowId, FlowTimes times) {
    setTimes(flowId, times);
    FlowState state = mux.flow(flowId);
    if (state != null && state.local() instanceof LocalEnd end) {
      end.letIn();
      driver.run();
    }
  }

  /**
   * Device: takes back a flow that was not let in, to open it elsewhere under another id. {@link
   * FlowListener#onFlowClosed} is called; a TCP flow's channel is the caller's again, open, without
   * a handler of ours, and nothing is read from it.
   *
   * @return what the program sent already; null, with nothing done, when the flow is unknown, was
   *     let in, has lost its program, or the connector has acted on it
   */
  public @Nullable EarlyData withdraw(long flowId) {
    checkAtRest();
    driver.run(); // What the channel told us may still wait for its turn.
    FlowState state = mux.flow(flowId);
    if (state == null || (state.local() instanceof LocalEnd end && !end.mayGoBack())) {
      return null;
    }
    EarlyData early = mux.withdraw(state, driver.now());
    driver.run();
    return early;
  }

  /** Device: the flow was refused; its channel is the caller's again. Unknown flows are ignored. */
  public void onRefused(long flowId, ReasonCode reason) {
    reset(flowId, reason);
  }

  /**
   * Device: puts a flow (living on another lane, or orphaned) onto this lane; nothing is lost or
   * doubled. The connector must be given a grant with resume: before or after, the order does not
   * matter.
   *
   * @param alone the flow moves much, and no other will be put onto this lane
   * @return false when the flow or the lane is unknown, or the flow is being moved already, or has
   *     such a lane
   */
  public boolean move(long flowId, ByteString laneId, boolean alone) {
    checkAtRest();
    if (alone) {
      bulk.expect(laneId);
    }
    LaneHandler lane = driver.lanes().get(laneId);
    FlowState state = mux.flow(flowId);
    boolean done = lane != null && state != null && mux.move(state, lane.port(), driver.now());
    driver.run();
    return done;
  }

  /** Device: the broker did not allow the last {@link #move}: the flow has no lane. */
  public void abandonMove(long flowId) {
    checkAtRest();
    FlowState state = mux.flow(flowId);
    if (state != null) {
      mux.abandonMove(state, driver.now());
    }
  }

  /**
   * Connector: lets a flow in. The caller has checked the grant (subject, expiry, group). After
   * GRANTED the caller dials, then calls {@link #attach(long, Channel)} or {@link #refuse}.
   */
  public GrantOutcome grant(long flowId, ByteString laneId, FlowKind kind, FlowTimes times) {
    checkAtRest();
    if (bulk.hasLane(laneId)) {
      return GrantOutcome.UNKNOWN_LANE;
    }
    GrantOutcome outcome = mux.grant(flowId, laneId, kind, times, driver.now());
    driver.run();
    return outcome;
  }

  /**
   * Connector: lets a flow that lives here be resumed on, or moved to, a lane.
   *
   * @param alone the flow moves much, and no other will be put onto this lane
   */
  public GrantOutcome grantResume(long flowId, ByteString laneId, boolean alone) {
    checkAtRest();
    if (bulk.callBack(flowId, () -> grantResume(flowId, laneId, alone))) {
      return GrantOutcome.GRANTED;
    }
    if (alone) {
      bulk.expect(laneId);
    }
    GrantOutcome outcome = mux.grantResume(flowId, laneId, driver.now());
    driver.run();
    return outcome;
  }

  /**
   * Connector: the application's connection is there (same demands on the channel as in {@link
   * #openTcp}); bytes that came meanwhile are written to it.
   *
   * @return false when the flow ended meanwhile; the caller then still owns the channel
   */
  public boolean attach(long flowId, Channel upstream) {
    checkAtRest();
    checkLocal(upstream);
    LocalEnd end = new LocalEnd(driver, upstream, false);
    FlowState state = mux.flow(flowId);
    if (state == null || !mux.attach(state, end, driver.now())) {
      return false;
    }
    end.start(state);
    driver.run();
    return true;
  }

  /** Connector: as {@link #attach(long, Channel)}, for UDP. Send with {@link Flow#sendDatagram}. */
  public boolean attach(long flowId, DatagramEnd upstream) {
    checkAtRest();
    FlowState state = mux.flow(flowId);
    boolean done = state != null && mux.attach(state, new DatagramLocal(upstream), driver.now());
    driver.run();
    return done;
  }

  /** Connector: the application could not be reached. Unknown flows are ignored. */
  public void refuse(long flowId, ReasonCode reason) {
    reset(flowId, reason);
  }

  /** Ends a flow at both ends. Unknown flows are ignored. */
  public void reset(long flowId, ReasonCode reason) {
    reset(flowId, reason, () -> {});
  }

  /** The same; {@code done} is called on this loop when nothing of it moves any more. */
  public void reset(long flowId, ReasonCode reason, Runnable done) {
    checkLoop();
    BulkFlow away = bulk.flow(flowId);
    if (away != null) {
      away.reset(reason, done);
      return;
    }
    FlowState state = mux.flow(flowId);
    if (state != null) {
      driver.act(() -> mux.reset(state, reason, EndedBy.OWNER, driver.now()));
    }
    done.run();
  }

  /** Resets all flows and closes all driver.lanes(). Idempotent. */
  public void close(ReasonCode reason) {
    checkLoop();
    bulk.close(reason);
    driver.act(() -> {
      for (FlowState state : mux.flows()) {
        mux.reset(state, reason, EndedBy.OWNER, driver.now());
      }
      mux.pump(driver.now());
      for (LaneHandler lane : List.copyOf(driver.lanes().values())) {
        mux.closeLane(lane.port(), reason, "endpoint closed", driver.now());
      }
    });
  }

  private void checkLoop() {
    if (!config.loop().inEventLoop()) {
      throw new IllegalStateException("called off the endpoint's event loop");
    }
  }

  private void checkAtRest() {
    checkLoop();
    if (driver.isBusy()) {
      throw new IllegalStateException("called from within a callback of a local end");
    }
  }

  private void checkLocal(Channel local) {
    if (!local.eventLoop().equals(config.loop()) || !(local instanceof DuplexChannel)) {
      throw new IllegalArgumentException(
          local + " (expected: a stream socket on the endpoint's event loop)");
    }
  }
}
