package org.postern.broker.admin;

import java.time.Instant;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What the status page says of this broker.
 *
 * @param strangers connections that have not authenticated
 * @param decisionsForgotten decisions that were made faster than they could be kept, since the
 *     start
 */
public record BrokerFacts(
    String brokerId,
    String trustDomain,
    String address,
    String version,
    Instant startedAt,
    IntSupplier strangers,
    LongSupplier decisionsForgotten) {}
