package org.postern.appconnector.link;

import io.netty.channel.EventLoopGroup;
import java.util.function.LongSupplier;
import org.postern.appconnector.health.HealthWatch;
import org.postern.identity.SpiffeId.ConnectorId;
import org.postern.tunnel.flow.MemoryBudget;

/**
 * What everything that serves flows shares. Made once per process; the parts say for themselves
 * where they may be used.
 *
 * @param self who this connector is
 * @param limits of everything
 * @param memory of all flows
 * @param nanoTime a monotonic clock, in nanoseconds
 * @param bulkLoops for flows that move much
 * @param health hears of every dial
 * @param lanes which device each lane belongs to
 * @param outbox what goes to the broker
 * @param flows how many there are
 */
record Serving(
    ConnectorId self,
    LinkLimits limits,
    MemoryBudget memory,
    LongSupplier nanoTime,
    EventLoopGroup bulkLoops,
    HealthWatch health,
    LaneBook lanes,
    Outbox outbox,
    FlowCount flows) {}
