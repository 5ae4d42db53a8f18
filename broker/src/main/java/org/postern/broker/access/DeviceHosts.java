package org.postern.broker.access;

import java.util.Locale;

/** The one spelling in which names are compared. */
public final class DeviceHosts {
  private DeviceHosts() {}

  /** Lower case, without the root's dot. */
  public static String canonical(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
