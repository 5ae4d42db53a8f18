package org.postern.broker.front;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.postern.policystore.AddressRange;

/**
 * The load balancers before the port. A connection from one of these addresses must begin with a
 * PROXY protocol header, and is from where that says; from any other address such a header is
 * garbage.
 *
 * @param ranges their addresses; empty: there are none
 */
public record TrustedProxies(List<AddressRange> ranges) {
  /** Nobody is believed. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  /** Copies. */
  public TrustedProxies {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads addresses and CIDR ranges.
   *
   * @throws IllegalArgumentException names what is neither
   */
  public static TrustedProxies parse(List<String> texts) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String text : texts) {
      ranges.add(
          AddressRange.parse(text)
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "'%s' is no address range (expected: 10.0.0.0/8, fd00::/8 or one address)"
                          .formatted(text))));
    }
    return new TrustedProxies(ranges);
  }

  /** Whether a connection from there must bring a header. */
  boolean contains(InetAddress address) {
    if (ranges.isEmpty()) {
      return false;
    }
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    AddressRange one = AddressRange.parse(zone < 0 ? text : text.substring(0, zone)).orElseThrow();
    return ranges.stream().anyMatch(range -> range.contains(one));
  }
}
