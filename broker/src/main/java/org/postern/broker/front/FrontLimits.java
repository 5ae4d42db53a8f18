package org.postern.broker.front;

import java.time.Duration;

/**
 * Every limit of the port and of the HTTPS door.
 *
 * @param helloBytesMax bytes that a stranger may send before its ClientHello is complete
 * @param helloDeadline time from accept to a complete ClientHello
 * @param proxyHeaderExtraBytesMax bytes that a load balancer's PROXY header (version 2) may have
 *     behind its addresses; all of it must be there within {@code helloDeadline}
 * @param acceptsPerSecond connections a second from one address (IPv6: one /64), over time
 * @param acceptBurst connections at once from one address
 * @param strangersPerAddressMax connections of one address that have not authenticated; all HTTPS
 *     connections count
 * @param strangersMax the same, of all addresses
 * @param addressesTrackedMax addresses whose rate is remembered
 */
public record FrontLimits(
    int helloBytesMax,
    Duration helloDeadline,
    int proxyHeaderExtraBytesMax,
    int acceptsPerSecond,
    int acceptBurst,
    int strangersPerAddressMax,
    int strangersMax,
    int addressesTrackedMax) {

  /** Room for an office of a thousand people behind one address whose broker has just restarted. */
  public static final FrontLimits DEFAULT =
      new FrontLimits(
          24 * 1024, Duration.ofSeconds(10), 1_024, 1_000, 4_000, 1_024, 16_384, 65_536);
}
