package org.postern.broker.administrators;

import java.time.Duration;
import org.postern.policystore.jdbc.AdministratorAttempts;

/**
 * Every limit of administrators' sign-in.
 *
 * @param sessionIdle a browser without a request
 * @param sessionAge a browser, however busy
 * @param commandLineAge the token of {@code postern admin login}
 * @param fresh so long after signing in credentials may be changed
 * @param ceremony from a challenge to its answer
 * @param loginCode one-time code towards the command line
 * @param firstCode one-time code of the first administrator
 * @param inviteMax one-time code of an invitation or a reset, at most
 * @param requestsPerMinute from one address, on the pages' doors
 * @param requestsBurst the same, at once
 * @param codesPerMinute one-time codes tried from one address
 * @param addressesTracked addresses whose rate is remembered
 * @param bodyBytesMax of one request
 * @param hashesAtOnce passwords hashed at once for browsers that nobody knows
 * @param hashPatience how long such a browser waits for its turn
 * @param passkeysMax of one administrator
 * @param devicesMax known browsers of one administrator
 * @param recoveryCodes in a set
 * @param passwordMin characters
 * @param passwordMax characters
 * @param delays after wrong passwords
 */
public record AdministratorLimits(
    Duration sessionIdle,
    Duration sessionAge,
    Duration commandLineAge,
    Duration fresh,
    Duration ceremony,
    Duration loginCode,
    Duration firstCode,
    Duration inviteMax,
    int requestsPerMinute,
    int requestsBurst,
    int codesPerMinute,
    int addressesTracked,
    int bodyBytesMax,
    int hashesAtOnce,
    Duration hashPatience,
    int passkeysMax,
    int devicesMax,
    int recoveryCodes,
    int passwordMin,
    int passwordMax,
    AdministratorAttempts.Delays delays) {

  /** What the product ships with. */
  public static final AdministratorLimits DEFAULT =
      new AdministratorLimits(
          Duration.ofMinutes(30),
          Duration.ofHours(12),
          Duration.ofHours(8),
          Duration.ofMinutes(10),
          Duration.ofMinutes(10),
          Duration.ofSeconds(60),
          Duration.ofHours(24),
          Duration.ofDays(7),
          240,
          60,
          10,
          4_096,
          16 * 1024,
          2,
          Duration.ofSeconds(5),
          10,
          20,
          10,
          12,
          256,
          new AdministratorAttempts.Delays(
              3, Duration.ofSeconds(1), Duration.ofMinutes(15), Duration.ofHours(24), 100_000));
}
