package org.postern.tunnel.flow;

import java.time.Duration;
import java.util.Objects;

/**
 * Every bound of flows at one end, in one place. Immutable; relations are checked here, once. Sizes
 * in bytes.
 *
 * @param window how much may be under way
 * @param held what a connector keeps for flows that are not granted yet
 * @param deadlines how long things may take
 * @param flowsMax most live flows of one device-connector pair
 * @param lanesMax most lanes of one device-connector pair
 * @param closedRememberedMax ended flows that are remembered, so that frames still under way for
 *     them are not taken for new ones
 * @param datagramsQueuedMax most datagrams of one flow that wait for a lane; the oldest is dropped
 * @param laneQueueBytes outbound bytes of a lane (not yet taken by the kernel) above which nothing
 *     is added: short, so that a small flow is never far behind a big one
 * @param elephantBytes payload moved within a second or so that makes a flow ask for a lane of its
 *     own
 */
public record FlowLimits(
    Window window,
    Held held,
    Deadlines deadlines,
    int flowsMax,
    int lanesMax,
    int closedRememberedMax,
    int datagramsQueuedMax,
    int laneQueueBytes,
    long elephantBytes) {

  /** What production runs with. */
  public static final FlowLimits DEFAULT =
      new FlowLimits(
          new Window(64 << 10, 8 << 20, Duration.ofMillis(20)),
          new Held(64 << 10, 1 << 20, 256),
          new Deadlines(
              Duration.ofSeconds(4),
              Duration.ofSeconds(5),
              Duration.ofMillis(40),
              Duration.ofSeconds(5),
              Duration.ofSeconds(15),
              Duration.ofSeconds(1)),
          16_384,
          64,
          1024,
          64,
          256 << 10,
          4 << 20);

  /** Checks the relations between the numbers. */
  public FlowLimits {
    Objects.requireNonNull(window, "window");
    Objects.requireNonNull(held, "held");
    Objects.requireNonNull(deadlines, "deadlines");
    requirePositive(flowsMax, "flowsMax");
    requirePositive(lanesMax, "lanesMax");
    requirePositive(closedRememberedMax, "closedRememberedMax");
    requirePositive(datagramsQueuedMax, "datagramsQueuedMax");
    requirePositive(laneQueueBytes, "laneQueueBytes");
    requirePositive(elephantBytes, "elephantBytes");
    if (held.perLaneBytes() < window.initialBytes()) {
      throw new IllegalArgumentException(
          "held.perLaneBytes: %d (expected: at least window.initialBytes %d)"
              .formatted(held.perLaneBytes(), window.initialBytes()));
    }
  }

  /** First window of every flow, in each direction. */
  public int windowInitialBytes() {
    return window.initialBytes();
  }

  /** The same limits with another window. */
  public FlowLimits withWindow(Window other) {
    return new FlowLimits(
        other,
        held,
        deadlines,
        flowsMax,
        lanesMax,
        closedRememberedMax,
        datagramsQueuedMax,
        laneQueueBytes,
        elephantBytes);
  }

  /** The same limits with other bounds for flows that are not granted yet. */
  public FlowLimits withHeld(Held other) {
    return new FlowLimits(
        window,
        other,
        deadlines,
        flowsMax,
        lanesMax,
        closedRememberedMax,
        datagramsQueuedMax,
        laneQueueBytes,
        elephantBytes);
  }

  /** The same limits with other deadlines. */
  public FlowLimits withDeadlines(Deadlines other) {
    return new FlowLimits(
        window,
        held,
        other,
        flowsMax,
        lanesMax,
        closedRememberedMax,
        datagramsQueuedMax,
        laneQueueBytes,
        elephantBytes);
  }

  /** The same limits with another number of flows. */
  public FlowLimits withFlowsMax(int other) {
    return new FlowLimits(
        window,
        held,
        deadlines,
        other,
        lanesMax,
        closedRememberedMax,
        datagramsQueuedMax,
        laneQueueBytes,
        elephantBytes);
  }

  /** The same limits with another measure of an elephant. */
  public FlowLimits withElephantBytes(long other) {
    return new FlowLimits(
        window,
        held,
        deadlines,
        flowsMax,
        lanesMax,
        closedRememberedMax,
        datagramsQueuedMax,
        laneQueueBytes,
        other);
  }

  /**
   * Bytes that one direction of one flow may have under way: sent, and not yet consumed by the far
   * local end.
   *
   * @param initialBytes what every flow starts with; both ends must agree, it is part of the
   *     protocol
   * @param maxBytes what it may grow to by doubling
   * @param growWithin a window that is consumed within twice the round trip, but at least within
   *     this time, was too small: it is doubled if the memory budget allows
   */
  public record Window(int initialBytes, int maxBytes, Duration growWithin) {
    /** Checks the order of the sizes. */
    public Window {
      requirePositive(initialBytes, "window.initialBytes");
      requirePositive(growWithin, "window.growWithin");
      if (maxBytes < initialBytes) {
        throw new IllegalArgumentException(
            "window.maxBytes: %d (expected: at least %d)".formatted(maxBytes, initialBytes));
      }
    }
  }

  /**
   * What a connector keeps for flows that were not granted yet.
   *
   * @param perFlowBytes most bytes of one flow; more is FLOW_NOT_GRANTED
   * @param perLaneBytes most bytes of all such flows on one lane; more is FLOW_NOT_GRANTED
   * @param flowsPerLaneMax most such flows on one lane; more is TOO_MANY_FLOWS
   */
  public record Held(int perFlowBytes, int perLaneBytes, int flowsPerLaneMax) {
    /** All must be positive. */
    public Held {
      requirePositive(perFlowBytes, "held.perFlowBytes");
      requirePositive(perLaneBytes, "held.perLaneBytes");
      requirePositive(flowsPerLaneMax, "held.flowsPerLaneMax");
    }
  }

  /**
   * How long things may take.
   *
   * @param resume a flow without a lane waits so long, then it is reset with LANE_LOST
   * @param grant a flow whose data came before its grant waits so long, then FLOW_NOT_GRANTED
   * @param acknowledge consumed bytes are acknowledged at the latest after so long
   * @param ping a lane with flows is asked when nothing was heard on it for so long
   * @param silence a lane is given up (PEER_SILENT) when nothing was heard for so long
   * @param sweep how often idle and age deadlines are looked at: they are late by at most this
   */
  public record Deadlines(
      Duration resume,
      Duration grant,
      Duration acknowledge,
      Duration ping,
      Duration silence,
      Duration sweep) {
    /** All must be positive, and a peer must be asked before it is given up. */
    public Deadlines {
      requirePositive(resume, "resume");
      requirePositive(grant, "grant");
      requirePositive(acknowledge, "acknowledge");
      requirePositive(ping, "ping");
      requirePositive(sweep, "sweep");
      if (silence.compareTo(ping) <= 0) {
        throw new IllegalArgumentException(
            "silence: %s (expected: more than ping %s)".formatted(silence, ping));
      }
    }
  }

  private static void requirePositive(long value, String name) {
    if (value <= 0) {
      throw new IllegalArgumentException("%s: %d (expected: > 0)".formatted(name, value));
    }
  }

  private static void requirePositive(Duration value, String name) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException("%s: %s (expected: > 0)".formatted(name, value));
    }
  }
}
