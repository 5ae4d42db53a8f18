package org.postern.appconnector.config;

import java.time.Duration;

/** What every limit must fulfil, checked when limits are made. */
final class Limit {
  private Limit() {}

  static void positive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + " is " + value + "; it must be above zero");
    }
  }

  static void positive(String name, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " is " + value + "; it must be above zero");
    }
  }

  static void notAbove(String name, Duration value, Duration limit) {
    if (value.compareTo(limit) > 0) {
      throw new IllegalArgumentException(name + " is " + value + "; it must not exceed " + limit);
    }
  }
}
