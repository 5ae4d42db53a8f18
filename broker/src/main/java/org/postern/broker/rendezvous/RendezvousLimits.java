package org.postern.broker.rendezvous;

import java.time.Duration;

/**
 * Every limit of the tunnel side of the broker.
 *
 * @param carrierWait how long a lane waits for the connector to park a carrier
 * @param carrierWaitersMax lanes waiting for a carrier of one connector
 * @param laneAnswerTimeout from the offer to the connector's answer
 * @param openAnswerTimeout from the grant to OPENED or REFUSED
 * @param cutConfirmTimeout after it the broker cuts the lane under the flow
 * @param linkGrace how long a lost control link may take to come back before its flows are given up
 * @param flowsPerDeviceMax live and pending flows of one device
 * @param lanesPerDeviceMax lanes of one device
 * @param carriersPerPeerMax parked carriers of one peer
 * @param opensPerSecond flow opens of one device, sustained; bursts may be twice that
 * @param resolvesPerSecond name questions of one device, sustained
 */
public record RendezvousLimits(
    Duration carrierWait,
    int carrierWaitersMax,
    Duration laneAnswerTimeout,
    Duration openAnswerTimeout,
    Duration cutConfirmTimeout,
    Duration linkGrace,
    int flowsPerDeviceMax,
    int lanesPerDeviceMax,
    int carriersPerPeerMax,
    int opensPerSecond,
    int resolvesPerSecond) {

  /** Questions of one person why, sustained; bursts may be twice that. */
  public static final int QUESTIONS_PER_SECOND = 5;

  /** Requests for access, and looks at them, of one device; each costs the database a question. */
  public static final int WISHES_PER_SECOND = 2;

  /** Refuses limits that contradict each other. */
  public RendezvousLimits {
    if (cutConfirmTimeout.compareTo(openAnswerTimeout) >= 0) {
      throw new IllegalArgumentException(
          "cutConfirmTimeout: %s (expected: below openAnswerTimeout %s)"
              .formatted(cutConfirmTimeout, openAnswerTimeout));
    }
    if (carriersPerPeerMax < 1 || flowsPerDeviceMax < 1 || lanesPerDeviceMax < 1) {
      throw new IllegalArgumentException("limits per peer must be at least 1");
    }
  }

  /** The defaults. */
  public static RendezvousLimits defaults() {
    return new RendezvousLimits(
        Duration.ofSeconds(3),
        256,
        Duration.ofSeconds(10),
        Duration.ofSeconds(15),
        Duration.ofMillis(500),
        Duration.ofSeconds(3),
        100_000,
        64,
        128,
        10_000,
        500);
  }
}
