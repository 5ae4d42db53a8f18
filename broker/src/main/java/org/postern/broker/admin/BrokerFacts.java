package org.postern.broker.admin;

import java.time.Instant;
import java.util.function.IntSupplier;

/**
 * What the status page says of this broker.
 *
 * @param strangers connections that have not authenticated
 */
public record BrokerFacts(
    String brokerId,
    String trustDomain,
    String address,
    String version,
    Instant startedAt,
    IntSupplier strangers) {}
