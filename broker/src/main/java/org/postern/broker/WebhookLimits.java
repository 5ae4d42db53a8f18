package org.postern.broker;

import java.time.Duration;

/**
 * Every limit of the approval webhook.
 *
 * @param attemptsMax how often one request is tried; then it waits for a person
 * @param backoffMin pause after the first failure, doubled with each
 * @param backoffMax the longest pause
 * @param atOnce requests that are told at the same time, by one broker; the others wait in the
 *     database
 * @param lease how long a request is one broker's; longer than {@code timeoutMax}
 * @param timeoutMax from the name lookup to the last byte of the answer, at most
 * @param answerBytesMax of the answer
 * @param noteMax characters of the note in an answer
 * @param secretMin characters of the shared secret, at least
 * @param timeMin the shortest approval
 * @param timeMax the longest approval
 */
record WebhookLimits(
    int attemptsMax,
    Duration backoffMin,
    Duration backoffMax,
    int atOnce,
    Duration lease,
    Duration timeoutMax,
    int answerBytesMax,
    int noteMax,
    int secretMin,
    Duration timeMin,
    Duration timeMax) {

  /** What the product ships with. */
  static final WebhookLimits DEFAULT =
      new WebhookLimits(
          10,
          Duration.ofSeconds(1),
          Duration.ofMinutes(5),
          8,
          Duration.ofMinutes(1),
          Duration.ofSeconds(30),
          16 * 1024,
          500,
          32,
          Duration.ofMinutes(1),
          Duration.ofDays(30));
}
