package org.postern.clientconnector.local;

import java.time.Duration;

/**
 * Every limit of the local doors, with its default in {@link #DEFAULTS}.
 *
 * @param portRangesPerNameMax port ranges per name and transport that are used; more are cut off
 * @param dnsOutstandingMax questions in flight, ours and forwarded together; more are answered
 *     SERVFAIL
 * @param dnsCacheEntriesMax remembered answers for our names, least recently used out first
 * @param dnsPositiveTtl how long "permitted" is remembered, and the TTL of the A record
 * @param dnsNegativeTtl how long "unknown" is remembered, and the TTL of the SOA record
 * @param dnsAnswerTimeout how long a question to the broker may take before SERVFAIL
 * @param dnsUpstreamTimeout wait for one upstream before the next is asked
 * @param dnsTcpConnectionsMax DNS connections over TCP at a time
 * @param dnsMessageLengthMax longest DNS message in bytes that is taken from a program
 * @param udpFlowsMax UDP flows at a time; the least recently used one is closed for a new one
 * @param udpIdleTimeout a UDP flow without datagrams in either direction ends after this
 * @param tunPacketsPerWakeupMax packets taken from the device before other work gets its turn
 * @param addressReuseAfter an address is given to another name only this long after its last use
 * @param loopbackConnectionsMax SOCKS5 and HTTP CONNECT connections at a time
 * @param loopbackHandshakeTimeout time for a program to say what it wants
 * @param socksAssociationsMax UDP associations of SOCKS5 at a time; more are refused
 * @param socksTargetsPerAssociationMax UDP flows of one association; the least recently used one is
 *     closed for a new one
 * @param socksAssociationIdleTimeout an association without datagrams in either direction ends
 *     after this; its flows end after {@code udpIdleTimeout}
 * @param httpHeaderLengthMax bytes of an HTTP CONNECT request head
 * @param controlConnectionsMax connections on the control socket at a time
 * @param controlLineLengthMax bytes of one line on the control socket
 * @param controlOutcomesMax flows of {@code postern connect} that were cut, and may be asked why
 * @param redirectedConnectionsMax intercepted TCP connections at a time
 * @param machineLookInterval how often we look whether the machine's resolver or its IPv6 changed
 */
public record LocalLimits(
    int portRangesPerNameMax,
    int dnsOutstandingMax,
    int dnsCacheEntriesMax,
    Duration dnsPositiveTtl,
    Duration dnsNegativeTtl,
    Duration dnsAnswerTimeout,
    Duration dnsUpstreamTimeout,
    int dnsTcpConnectionsMax,
    int dnsMessageLengthMax,
    int udpFlowsMax,
    Duration udpIdleTimeout,
    int tunPacketsPerWakeupMax,
    Duration addressReuseAfter,
    int loopbackConnectionsMax,
    Duration loopbackHandshakeTimeout,
    int socksAssociationsMax,
    int socksTargetsPerAssociationMax,
    Duration socksAssociationIdleTimeout,
    int httpHeaderLengthMax,
    int controlConnectionsMax,
    int controlLineLengthMax,
    int controlOutcomesMax,
    int redirectedConnectionsMax,
    Duration machineLookInterval) {

  /** What runs unless a test or an operator says otherwise. */
  public static final LocalLimits DEFAULTS =
      new LocalLimits(
          32,
          1_024,
          4_096,
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(4),
          Duration.ofSeconds(2),
          64,
          4_096,
          1_024,
          Duration.ofSeconds(60),
          64,
          Duration.ofDays(7),
          2_048,
          Duration.ofSeconds(10),
          64,
          64,
          Duration.ofMinutes(10),
          8_192,
          32,
          8_192,
          256,
          16_384,
          Duration.ofSeconds(5));
}
