package org.postern.tunnel;

import java.time.Duration;
import java.util.Objects;

/**
 * Every bound of links, carriers, lanes and the relay, in one place. Immutable; relations between
 * the numbers are checked here, once.
 *
 * @param messages sizes of messages and of queues of messages
 * @param deadlines how long a stranger or a slow peer is waited for
 * @param control keep-alive of control links
 * @param carrier keep-alive of parked carriers (rarer: there are many of them)
 * @param carriersParkedMax most carriers that one {@code CarrierPark} keeps parked, whatever the
 *     broker asks for
 * @param spliceChunkBytes most bytes that the relay moves with one {@code splice(2)} call
 */
public record TunnelLimits(
    Messages messages,
    Deadlines deadlines,
    KeepAlive control,
    KeepAlive carrier,
    int carriersParkedMax,
    int spliceChunkBytes) {

  /** What production runs with. */
  public static final TunnelLimits DEFAULT =
      new TunnelLimits(
          new Messages(16 << 10, 1 << 20, 16 << 10, 4 << 20),
          new Deadlines(
              Duration.ofSeconds(10),
              Duration.ofSeconds(10),
              Duration.ofSeconds(5),
              Duration.ofSeconds(10),
              Duration.ofSeconds(10)),
          new KeepAlive(Duration.ofSeconds(4), Duration.ofSeconds(12)),
          new KeepAlive(Duration.ofSeconds(25), Duration.ofSeconds(60)),
          64,
          1 << 20);

  /** Checks the relations between the numbers. */
  public TunnelLimits {
    Objects.requireNonNull(messages, "messages");
    Objects.requireNonNull(deadlines, "deadlines");
    Objects.requireNonNull(control, "control");
    Objects.requireNonNull(carrier, "carrier");
    requirePositive(carriersParkedMax, "carriersParkedMax");
    requirePositive(spliceChunkBytes, "spliceChunkBytes");
  }

  /** The same limits with other deadlines. */
  public TunnelLimits withDeadlines(Deadlines other) {
    return new TunnelLimits(messages, other, control, carrier, carriersParkedMax, spliceChunkBytes);
  }

  /** The same limits with another keep-alive of control links. */
  public TunnelLimits withControl(KeepAlive other) {
    return new TunnelLimits(
        messages, deadlines, other, carrier, carriersParkedMax, spliceChunkBytes);
  }

  /** The same limits with another keep-alive of parked carriers. */
  public TunnelLimits withCarrier(KeepAlive other) {
    return new TunnelLimits(
        messages, deadlines, control, other, carriersParkedMax, spliceChunkBytes);
  }

  /** The same limits with other message sizes. */
  public TunnelLimits withMessages(Messages other) {
    return new TunnelLimits(
        other, deadlines, control, carrier, carriersParkedMax, spliceChunkBytes);
  }

  /** The same limits with another splice chunk. */
  public TunnelLimits withSpliceChunkBytes(int other) {
    return new TunnelLimits(messages, deadlines, control, carrier, carriersParkedMax, other);
  }

  /**
   * Sizes in bytes.
   *
   * @param beforeWelcomeMax largest message before the Welcome
   * @param afterWelcomeMax largest message after it
   * @param firstFlightMax largest first flight (either way) of a lane's inner handshake
   * @param outboundMax most bytes that may wait to be written to one peer; the link is closed when
   *     a peer lets more than that pile up
   */
  public record Messages(
      int beforeWelcomeMax, int afterWelcomeMax, int firstFlightMax, int outboundMax) {
    /** Checks the order of the sizes. */
    public Messages {
      requirePositive(beforeWelcomeMax, "beforeWelcomeMax");
      requirePositive(firstFlightMax, "firstFlightMax");
      if (afterWelcomeMax < beforeWelcomeMax || outboundMax < afterWelcomeMax) {
        throw new IllegalArgumentException(
            "message limits %d, %d, %d (expected: beforeWelcomeMax <= afterWelcomeMax <= outboundMax)"
                .formatted(beforeWelcomeMax, afterWelcomeMax, outboundMax));
      }
    }
  }

  /**
   * How long things may take.
   *
   * @param connect TCP connection, egress proxy included
   * @param handshake outer TLS handshake, from the accepted or connected socket
   * @param hello Hello after the handshake; Welcome after the Hello
   * @param laneAnswer LaneAnswer after the LaneRequest
   * @param laneHandshake rest of the inner handshake after the LaneAnswer
   */
  public record Deadlines(
      Duration connect,
      Duration handshake,
      Duration hello,
      Duration laneAnswer,
      Duration laneHandshake) {
    /** All must be positive. */
    public Deadlines {
      requirePositive(connect, "connect");
      requirePositive(handshake, "handshake");
      requirePositive(hello, "hello");
      requirePositive(laneAnswer, "laneAnswer");
      requirePositive(laneHandshake, "laneHandshake");
    }
  }

  /**
   * When to ask a silent peer, and when to give it up.
   *
   * @param interval a Ping is sent when nothing was heard for so long
   * @param silenceMax the connection is closed (PEER_SILENT) when nothing was heard for so long
   */
  public record KeepAlive(Duration interval, Duration silenceMax) {
    /** A peer must be asked at least once before it is given up. */
    public KeepAlive {
      requirePositive(interval, "interval");
      if (silenceMax.compareTo(interval) <= 0) {
        throw new IllegalArgumentException(
            "silenceMax: %s (expected: more than interval %s)".formatted(silenceMax, interval));
      }
    }
  }

  private static void requirePositive(int value, String name) {
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
