package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.postern.tunnel.flow.FlowKind;
import org.postern.tunnel.flow.FlowLimits;
import org.postern.tunnel.flow.FlowRole;
import org.postern.tunnel.flow.FlowTimes;
import org.postern.tunnel.flow.GrantOutcome;
import org.postern.tunnel.flow.MemoryBudget;
import org.postern.tunnel.message.ReasonCode;

/**
 * One end of a device-connector pair: all lanes between the two, and all flows on them. Confined to
 * one event loop, on which all its lanes and local channels are registered; every method must be
 * called there.
 *
 * <p>Device: {@code attachLane}, {@code openTcp} / {@code openUdp} (bytes may leave before the flow
 * was let in), {@code onOpened} or {@code onRefused}, {@code move}. Connector: {@code attachLane},
 * {@code grant}, then {@code attach} or {@code refuse}; {@code grantResume}.
 */
@SuppressWarnings("DoNotCallSuggester") // signatures only; the body follows
public final class FlowEndpoint {
  private final Config config;
  private final FlowListener listener;

  /**
   * What an endpoint works with.
   *
   * @param loop its owner
   * @param peerId SPIFFE id of the other end; every lane must have proved it
   * @param role which end this is
   * @param limits bounds
   * @param memory shared by all endpoints of the process
   * @param nanoTime a monotonic clock, in nanoseconds
   */
  public record Config(
      EventLoop loop,
      String peerId,
      FlowRole role,
      FlowLimits limits,
      MemoryBudget memory,
      LongSupplier nanoTime) {}

  /** With an owner that is told what happens. */
  public FlowEndpoint(Config config, FlowListener listener) {
    this.config = config;
    this.listener = listener;
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
    throw new UnsupportedOperationException("attachLane" + listener);
  }

  /** True while the lane is attached and open. */
  public boolean hasLane(ByteString laneId) {
    throw new UnsupportedOperationException("hasLane");
  }

  /** Live flows on a lane; 0 for an unknown one. */
  public int flowsOn(ByteString laneId) {
    throw new UnsupportedOperationException("flowsOn");
  }

  /** Live flows, those without a lane included. */
  public int flows() {
    throw new UnsupportedOperationException("flows");
  }

  /** The live flow of that id, or null. */
  public @Nullable Flow flow(long flowId) {
    throw new UnsupportedOperationException("flow");
  }

  /** Closes a lane; its flows are orphaned (to be moved or reset). Unknown lanes are ignored. */
  public void closeLane(ByteString laneId, ReasonCode reason) {
    throw new UnsupportedOperationException("closeLane");
  }

  /**
   * Device: starts a TCP flow on a lane. The local channel (TCP or Unix socket, this event loop,
   * auto-read off, half closure allowed, nothing read yet) belongs to the endpoint from here on;
   * its bytes are sent at once, whether or not the flow was let in yet.
   *
   * @return the flow, or null when the lane is unknown or there are too many flows; the caller then
   *     still owns the channel
   */
  public @Nullable Flow openTcp(long flowId, ByteString laneId, Channel local) {
    throw new UnsupportedOperationException("openTcp");
  }

  /** Device: starts a UDP flow on a lane. As {@link #openTcp}. */
  public @Nullable Flow openUdp(long flowId, ByteString laneId, DatagramEnd local) {
    throw new UnsupportedOperationException("openUdp");
  }

  /** Device: the connector let the flow in. Unknown flows are ignored. */
  public void onOpened(long flowId, FlowTimes times) {
    throw new UnsupportedOperationException("onOpened");
  }

  /** Device: the flow was refused; its local end is reset. Unknown flows are ignored. */
  public void onRefused(long flowId, ReasonCode reason) {
    throw new UnsupportedOperationException("onRefused");
  }

  /**
   * Device: puts a flow (living on another lane, or orphaned) onto this lane; nothing is lost or
   * doubled. The connector must be given a grant with resume: before or after, the order does not
   * matter.
   *
   * @return false when the flow or the lane is unknown
   */
  public boolean move(long flowId, ByteString laneId) {
    throw new UnsupportedOperationException("move");
  }

  /**
   * Connector: lets a flow in. The caller has checked the grant (subject, expiry, group). After
   * GRANTED the caller dials, then calls {@link #attach(long, Channel)} or {@link #refuse}.
   */
  public GrantOutcome grant(long flowId, ByteString laneId, FlowKind kind, FlowTimes times) {
    throw new UnsupportedOperationException("grant");
  }

  /** Connector: lets a flow that lives here be resumed on, or moved to, a lane. */
  public GrantOutcome grantResume(long flowId, ByteString laneId) {
    throw new UnsupportedOperationException("grantResume");
  }

  /**
   * Connector: the application's connection is there (same demands on the channel as in {@link
   * #openTcp}); bytes that came meanwhile are written to it.
   *
   * @return false when the flow ended meanwhile; the caller then still owns the channel
   */
  public boolean attach(long flowId, Channel upstream) {
    throw new UnsupportedOperationException("attach");
  }

  /** Connector: as {@link #attach(long, Channel)}, for UDP. Send with {@link Flow#sendDatagram}. */
  public boolean attach(long flowId, DatagramEnd upstream) {
    throw new UnsupportedOperationException("attach");
  }

  /** Connector: the application could not be reached. Unknown flows are ignored. */
  public void refuse(long flowId, ReasonCode reason) {
    throw new UnsupportedOperationException("refuse");
  }

  /** Ends a flow at both ends. Unknown flows are ignored. */
  public void reset(long flowId, ReasonCode reason) {
    throw new UnsupportedOperationException("reset");
  }

  /** Resets all flows and closes all lanes. Idempotent. */
  public void close(ReasonCode reason) {
    throw new UnsupportedOperationException("close");
  }
}
