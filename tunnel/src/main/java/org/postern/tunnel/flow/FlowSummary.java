package org.postern.tunnel.flow;

import org.postern.tunnel.message.ReasonCode;

/**
 * What a flow was, told once, when it has ended.
 *
 * @param flowId its id
 * @param kind TCP or UDP
 * @param bytesToPeer payload bytes taken from the local end and sent, each counted once however
 *     often it was replayed
 * @param bytesFromPeer payload bytes written to the local end
 * @param datagramsDropped datagrams dropped because a queue was full
 * @param reason why it ended; REASON_UNSPECIFIED when both directions were closed in order
 * @param endedBy who ended it
 */
public record FlowSummary(
    long flowId,
    FlowKind kind,
    long bytesToPeer,
    long bytesFromPeer,
    long datagramsDropped,
    ReasonCode reason,
    EndedBy endedBy) {

  /** Who ended a flow. */
  public enum EndedBy {
    /** Both directions were closed, everything arrived. */
    BOTH,
    /** The local program or application: its connection broke. */
    LOCAL,
    /** The other end reset it. */
    PEER,
    /** The owner of the endpoint: a cut, a refusal, shutdown. */
    OWNER,
    /** The endpoint: a timeout, a limit, or a peer that broke the protocol. */
    ENDPOINT
  }

  /** True when both directions were closed in order. */
  public boolean clean() {
    return endedBy == EndedBy.BOTH;
  }
}
