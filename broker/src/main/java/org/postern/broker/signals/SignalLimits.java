package org.postern.broker.signals;

import java.time.Duration;

/**
 * Every limit of receiving signals.
 *
 * @param tokenBytesMax one token that is pushed
 * @param tokenAgeMax how old a token may be when it comes: transmitters try again for days
 * @param kept how long an event is remembered; longer than a token may be old, or it could be used
 *     twice
 * @param idleEventsMax events of one stream that changed nothing and are kept
 * @param pushesPerMinute tokens from one address
 * @param pushesBurst the same, at once
 * @param wrongPerMinute requests with a wrong bearer token from one address
 * @param pollEventsMax events of one poll
 * @param pollRoundsMax polls without a pause, while there is more
 * @param pollPause between two polls
 * @param pollLease how long a broker may be busy with one stream before another takes it
 * @param pollBackoffMax the longest pause after polls that failed
 * @param pollsAtOnce streams that one broker polls at once
 * @param streamsMax streams in all
 * @param textMax characters of a subject, an id, a state
 */
public record SignalLimits(
    int tokenBytesMax,
    Duration tokenAgeMax,
    Duration kept,
    int idleEventsMax,
    int pushesPerMinute,
    int pushesBurst,
    int wrongPerMinute,
    int pollEventsMax,
    int pollRoundsMax,
    Duration pollPause,
    Duration pollLease,
    Duration pollBackoffMax,
    int pollsAtOnce,
    int streamsMax,
    int textMax) {

  /** What the product ships with. */
  public static final SignalLimits DEFAULT =
      new SignalLimits(
          64 * 1024,
          Duration.ofDays(7),
          Duration.ofDays(8),
          1_000,
          6_000,
          2_000,
          60,
          64,
          50,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          Duration.ofMinutes(5),
          16,
          100,
          255);
}
