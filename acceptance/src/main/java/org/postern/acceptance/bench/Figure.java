package org.postern.acceptance.bench;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One measured number.
 *
 * @param name dotted, most general part first: {@code relay.haproxy-splice.cpu}
 * @param value in units of {@code unit}
 * @param unit as printed, without spaces
 * @param peer whom it is compared with, null when it stands alone
 * @param ratio this value divided by the peer's; not a number when it stands alone
 */
public record Figure(String name, double value, String unit, @Nullable String peer, double ratio) {
  public static Figure alone(String name, double value, String unit) {
    return new Figure(name, value, unit, null, Double.NaN);
  }

  /** The same number beside a peer's. */
  public Figure against(String peerName, double peerValue) {
    return new Figure(name, value, unit, peerName, value / peerValue);
  }

  /** {@code name value unit ratio-to peer}, with dashes when it stands alone. */
  public String line() {
    return peer == null
        ? "%s %s %s - -".formatted(name, number(value), unit)
        : "%s %s %s %s %s".formatted(name, number(value), unit, number(ratio), peer);
  }

  /** Three digits that mean something, and no exponent. */
  static String number(double value) {
    double size = Math.abs(value);
    int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
