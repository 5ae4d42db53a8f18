package org.postern.clientconnector.local;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * An IPv6 address as two numbers in network order.
 *
 * @param high first 64 bits
 * @param low last 64 bits
 */
public record Ipv6Address(long high, long low) implements IpAddress {

  private static final int GROUPS = 8;

  /**
   * Reads an address in any of the forms of RFC 4291 section 2.2; without brackets and without a
   * zone.
   *
   * @throws IllegalArgumentException if the text is none
   */
  public static Ipv6Address parse(String text) {
    boolean plain =
        text.indexOf(':') >= 0
            && text.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == ':' || c == '.');
    if (plain && InetAddress.ofLiteral(text) instanceof Inet6Address address) {
      ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
      return new Ipv6Address(bytes.getLong(), bytes.getLong());
    }
    throw new IllegalArgumentException("not an IPv6 address (expected: fd12:3456:789a::1)");
  }

  /** One of the 32 hexadecimal digits of the address; 0 is the first. */
  int digit(int index) {
    long half = index < 16 ? high : low;
    return (int) (half >>> (60 - index % 16 * 4)) & 15;
  }

  /** The one form that people and logs are shown (RFC 5952 section 4). */
  @Override
  public String toString() {
    int longest = -1;
    int longestLength = 1; // a single group of zeros is written out
    for (int start = 0; start < GROUPS; start++) {
      int end = start;
      while (end < GROUPS && group(end) == 0) {
        end++;
      }
      if (end - start > longestLength) {
        longest = start;
        longestLength = end - start;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (i == longest) {
        text.append("::");
        i += longestLength - 1;
      } else {
        boolean first = text.isEmpty() || text.charAt(text.length() - 1) == ':';
        text.append(first ? "" : ":").append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }

  private int group(int index) {
    long half = index < 4 ? high : low;
    return (int) (half >>> (48 - index % 4 * 16)) & 0xffff;
  }
}
