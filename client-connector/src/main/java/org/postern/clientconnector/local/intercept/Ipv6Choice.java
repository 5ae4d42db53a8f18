package org.postern.clientconnector.local.intercept;

import org.postern.clientconnector.local.Ipv6Range;

/** Where the IPv6 twins of synthetic addresses come from. */
public sealed interface Ipv6Choice {

  /** The prefix that this device made for itself. */
  record OfThisDevice() implements Ipv6Choice {}

  /**
   * A prefix that the operator gives.
   *
   * @param prefix a /96 in fd00::/8
   */
  record At(Ipv6Range prefix) implements Ipv6Choice {}

  /** No twins: names have IPv4 addresses only. */
  record Off() implements Ipv6Choice {}

  /**
   * Reads what an operator wrote: a prefix, or {@code off}.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  static Ipv6Choice parse(String text) {
    if (text.equals("off")) {
      return new Off();
    }
    try {
      return new At(Ipv6Range.parse(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "synthetic IPv6 prefix: "
              + text
              + " (expected: a /96 in fd00::/8, for example fd12:3456:789a::/96, or off)",
          e);
    }
  }
}
