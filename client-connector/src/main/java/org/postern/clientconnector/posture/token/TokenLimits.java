package org.postern.clientconnector.posture.token;

import java.time.Duration;

/**
 * Every bound of reading tokens.
 *
 * @param deadline for one module; then its process is ended
 * @param patience how long who asks waits for an answer under way
 * @param every how often tokens are read
 * @param outputBytes that a process may say
 */
public record TokenLimits(Duration deadline, Duration patience, Duration every, int outputBytes) {
  /** What the product ships with. */
  public static final TokenLimits DEFAULTS =
      new TokenLimits(
          Duration.ofSeconds(10), Duration.ofSeconds(2), Duration.ofMinutes(1), 256 << 10);
}
