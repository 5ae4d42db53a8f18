package org.postern.clientconnector.link;

import java.time.Duration;

/**
 * Every bound of the device's side of the tunnel.
 *
 * @param resolveTimeout how long a name question waits for the broker
 * @param resolvesPendingMax name questions under way
 * @param resolutionsMax answers remembered, to know who may serve a name
 * @param resolutionAge how long an answer is used without asking again
 * @param openTimeout how long a flow waits to be opened, lane included
 * @param openAttemptsMax lanes that a flow is tried on, one after the other, before it is refused
 * @param targetsRememberedMax targets for which the broker's choice of a connector is remembered
 * @param warmGroupsMax connector groups that get a lane before anybody wants one
 * @param bulkLanesMax lanes of their own for bulk flows, for one connector
 * @param laneIdle an unused shared lane is closed after this
 * @param recentEndsMax ended flows that {@code status} still shows
 * @param datagramsWaitingMax datagrams of one association that wait for its lane
 */
public record LinkLimits(
    Duration resolveTimeout,
    int resolvesPendingMax,
    int resolutionsMax,
    Duration resolutionAge,
    Duration openTimeout,
    int openAttemptsMax,
    int targetsRememberedMax,
    int warmGroupsMax,
    int bulkLanesMax,
    Duration laneIdle,
    int recentEndsMax,
    int datagramsWaitingMax) {

  /** The defaults. */
  public static LinkLimits defaults() {
    return new LinkLimits(
        Duration.ofSeconds(4),
        1_024,
        4_096,
        Duration.ofSeconds(60),
        Duration.ofSeconds(20),
        4,
        1_024,
        4,
        8,
        Duration.ofMinutes(10),
        50,
        32);
  }
}
