package org.postern.policystore;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Hours of the week as a clock on the wall of a zone shows them. A window whose end is not after
/// its beginning goes over midnight; the day is then the one on which it begins.
///
/// @param days in the order of the week, at least one
/// @param fromMinute first minute of the day inside, 0 to 1439
/// @param toMinute first minute of the day outside, 1 to 1440
public record TimeWindow(List<DayOfWeek> days, int fromMinute, int toMinute, ZoneId zone)
    implements Comparable<TimeWindow> {
  /// Minutes of a day without a change of clocks.
  public static final int DAY_MINUTES = 1_440;

  private static final int WEEK_DAYS = 7;

  /// Copies the days; refuses impossible minutes.
  public TimeWindow {
    days = days.stream().distinct().sorted().toList();
    if (days.isEmpty()
        || fromMinute < 0
        || fromMinute >= DAY_MINUTES
        || toMinute < 1
        || toMinute > DAY_MINUTES) {
      throw new IllegalArgumentException(
          days
              + " from minute "
              + fromMinute
              + " to minute "
              + toMinute
              + " (expected: a day, from 0 to 1439, to 1 to 1440)");
    }
  }

  /// Whether the wall clock of the zone shows a time inside.
  public boolean contains(Instant now) {
    ZonedDateTime local = now.atZone(zone);
    int minute = local.getHour() * 60 + local.getMinute();
    DayOfWeek today = local.getDayOfWeek();
    if (fromMinute < toMinute) {
      return days.contains(today) && fromMinute <= minute && minute < toMinute;
    }
    return (days.contains(today) && minute >= fromMinute)
        || (days.contains(today.minus(1)) && minute < toMinute);
  }

  @Override
  public int compareTo(TimeWindow other) {
    return toString().compareTo(other.toString());
  }

  /// As in the configuration: `mon-fri 08:00-18:00 Europe/Berlin`.
  @Override
  public String toString() {
    return daysText() + " " + clock(fromMinute) + "-" + clock(toMinute) + " " + zone;
  }

  private String daysText() {
    boolean run =
        days.size() > 2
            && days.getLast().getValue() - days.getFirst().getValue() == days.size() - 1;
    if (days.size() == WEEK_DAYS) {
      return "daily";
    }
    return run
        ? name(days.getFirst()) + "-" + name(days.getLast())
        : days.stream().map(TimeWindow::name).collect(Collectors.joining(","));
  }

  private static String name(DayOfWeek day) {
    return day.name().substring(0, 3).toLowerCase(Locale.ROOT);
  }

  private static String clock(int minute) {
    return String.format(Locale.ROOT, "%02d:%02d", minute / 60, minute % 60);
  }
}
