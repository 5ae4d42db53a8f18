package org.postern.broker.access;

/**
 * Every limit of posture reports.
 *
 * @param factsMax facts in one report
 * @param subjectLength characters of a path, domain or label
 * @param textLength characters of a value
 * @param whyLength characters of the reason why a device cannot tell
 * @param questionsMax facts with a subject that one device is asked for
 * @param perSecond reports of one device, sustained; bursts may be twice that, and more are dropped
 */
public record PostureReportLimits(
    int factsMax,
    int subjectLength,
    int textLength,
    int whyLength,
    int questionsMax,
    int perSecond) {

  /** What the product ships with. */
  public static final PostureReportLimits DEFAULT =
      new PostureReportLimits(256, 512, 1_024, 256, 200, 3);
}
