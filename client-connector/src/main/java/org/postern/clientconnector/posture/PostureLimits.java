package org.postern.clientconnector.posture;

import java.time.Duration;

/**
 * Every bound of examining this device.
 *
 * @param fileBytes of a configuration file that is read
 * @param digestBytes of a file that is digested; larger ones are not known
 * @param questionsMax facts with a subject that a broker may ask for
 * @param subjectLength characters of a path, domain or label that is asked for
 * @param textLength characters of one value
 * @param processesMax processes that are looked at
 * @param digestsKept digests that are remembered while their file does not change
 * @param filesEvery how often processes and files are looked at
 * @param settingsEvery how often the firewall, the screen lock and the like are looked at
 * @param reportEvery how often a report is sent although nothing changed
 * @param reportsApart the least time between two reports
 */
public record PostureLimits(
    int fileBytes,
    long digestBytes,
    int questionsMax,
    int subjectLength,
    int textLength,
    int processesMax,
    int digestsKept,
    Duration filesEvery,
    Duration settingsEvery,
    Duration reportEvery,
    Duration reportsApart) {

  /** What the product ships with. */
  public static final PostureLimits DEFAULTS =
      new PostureLimits(
          256 << 10,
          512L << 20,
          200,
          512,
          1_000,
          20_000,
          256,
          Duration.ofSeconds(3),
          Duration.ofSeconds(15),
          Duration.ofMinutes(3),
          Duration.ofMillis(600));
}
