package org.postern.broker.signin;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.postern.broker.signin.ProviderClient.Finding;
import org.postern.broker.signin.ProviderClient.Grade;

/** How far a provider's clock is off. */
public final class ClockFinding {
  private ClockFinding() {}

  /**
   * Compares.
   *
   * @param date header of an answer that came now; empty if there was none
   * @param most by which what it signs is still believed
   */
  public static Finding of(String date, Instant now, Duration most) {
    if (date.isEmpty()) {
      return new Finding(Grade.WARNING, "clock", "its answers carry no date to compare with");
    }
    try {
      Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration off = Duration.between(now, theirs).abs();
      return off.compareTo(most) <= 0
          ? new Finding(Grade.GOOD, "clock", "within " + most.toSeconds() + " s of ours")
          : new Finding(
              Grade.WRONG,
              "clock",
              ("off by %d s (at most %d). Set both clocks by NTP: what it signs is judged by"
                      + " ours.")
                  .formatted(off.toSeconds(), most.toSeconds()));
    } catch (DateTimeParseException e) {
      return new Finding(Grade.WARNING, "clock", "cannot be compared: " + e.getMessage());
    }
  }
}
