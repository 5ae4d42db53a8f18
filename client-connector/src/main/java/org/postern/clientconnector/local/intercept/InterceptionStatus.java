package org.postern.clientconnector.local.intercept;

/**
 * What transparent mode is doing, for {@code postern status}.
 *
 * @param interfaceName the TUN device
 * @param range synthetic range
 * @param ipv6Range their IPv6 twins; empty if there are none
 * @param ipv6Off why there are none; empty if there are
 * @param resolverAddress address of our resolver
 * @param resolver what the machine's name resolution is kept by
 * @param names names that have an address
 * @param tcpConnections intercepted TCP connections now
 * @param udpFlows UDP flows now
 * @param questions questions asked of our resolver since the start
 */
public record InterceptionStatus(
    String interfaceName,
    String range,
    String ipv6Range,
    String ipv6Off,
    String resolverAddress,
    String resolver,
    int names,
    int tcpConnections,
    int udpFlows,
    long questions) {}
