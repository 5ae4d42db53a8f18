package org.postern.policystore;

import org.jspecify.annotations.Nullable;

/// Strict reading of IP literals: four decimal octets, or RFC 4291 section 2.2 without a zone. The
/// shorter spellings that some libraries accept (`127.1`, `0x7f000001`, `010.0.0.1`) are not
/// addresses here, so they cannot slip past a rule about the address that they would become.
public final class IpLiterals {
  /// What [#ipv4] answers for anything else.
  public static final long NOT_IPV4 = -1;

  private static final int GROUPS = 8;

  private IpLiterals() {}

  /// An address as bits, IPv4-mapped IPv6 turned into IPv4.
  public record Parsed(boolean ipv6, long high, long low) {}

  /// The 32 bits of a dotted quad, or [#NOT_IPV4]. Allocates nothing.
  public static long ipv4(String text) {
    return ipv4(text, 0, text.length());
  }

  /// Reads either family. Null if the text is not an address.
  public static @Nullable Parsed parse(String text) {
    if (text.indexOf(':') >= 0) {
      return ipv6(text);
    }
    long address = ipv4(text);
    return address == NOT_IPV4 ? null : new Parsed(false, 0, address);
  }

  private static long ipv4(String text, int from, int to) {
    if (to - from < 7 || to - from > 15) {
      return NOT_IPV4;
    }
    long address = 0;
    int octets = 0;
    int value = -1;
    for (int i = from; i <= to; i++) {
      char c = i == to ? '.' : text.charAt(i);
      if (c == '.') {
        if (value < 0 || octets == 4) {
          return NOT_IPV4;
        }
        address = address << 8 | value;
        octets++;
        value = -1;
      } else if (c < '0' || c > '9' || value == 0) {
        return NOT_IPV4;
      } else {
        value = (value < 0 ? 0 : value * 10) + (c - '0');
        if (value > 255) {
          return NOT_IPV4;
        }
      }
    }
    return octets == 4 ? address : NOT_IPV4;
  }

  private static @Nullable Parsed ipv6(String text) {
    if (text.length() < 2 || text.length() > 45) {
      return null;
    }
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return null;
    }
    int[] groups = new int[GROUPS];
    if (gap < 0) {
      if (readGroups(text, groups, 0) != GROUPS) {
        return null;
      }
    } else {
      int[] tail = new int[GROUPS];
      int before = readGroups(text.substring(0, gap), groups, 0);
      int after = readGroups(text.substring(gap + 2), tail, 0);
      if (before < 0 || after < 0 || before + after >= GROUPS) {
        return null;
      }
      for (int i = 0; i < after; i++) {
        groups[GROUPS - after + i] = tail[i];
      }
    }
    long high = join(groups, 0);
    long low = join(groups, 4);
    if (high == 0 && low >>> 32 == 0xffffL) {
      return new Parsed(false, 0, low & 0xffff_ffffL);
    }
    return new Parsed(true, high, low);
  }

  /// How many groups the text holds, or -1. The last may be a dotted quad, which counts for two.
  private static int readGroups(String text, int[] groups, int first) {
    if (text.isEmpty()) {
      return 0;
    }
    int count = first;
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf(':', start);
      end = end < 0 ? text.length() : end;
      if (text.indexOf('.', start) >= 0 && end == text.length()) {
        long quad = ipv4(text, start, end);
        if (quad == NOT_IPV4 || count + 2 > GROUPS) {
          return -1;
        }
        groups[count] = (int) (quad >>> 16);
        groups[count + 1] = (int) (quad & 0xffff);
        return count + 2;
      }
      int value = hexadecimal(text, start, end);
      if (value < 0 || count == GROUPS) {
        return -1;
      }
      groups[count++] = value;
      start = end + 1;
    }
    return count;
  }

  private static int hexadecimal(String text, int start, int end) {
    if (end - start < 1 || end - start > 4) {
      return -1;
    }
    int value = 0;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  private static long join(int[] groups, int from) {
    long bits = 0;
    for (int i = from; i < from + 4; i++) {
      bits = bits << 16 | groups[i];
    }
    return bits;
  }

  /// The upper 64 bits of a prefix mask; 0 for IPv4.
  public static long maskHigh(boolean ipv6, int prefixLength) {
    if (!ipv6 || prefixLength == 0) {
      return 0;
    }
    return prefixLength >= 64 ? -1L : -1L << (64 - prefixLength);
  }

  /// The lower 64 bits of a prefix mask; for IPv4 within the lower 32.
  public static long maskLow(boolean ipv6, int prefixLength) {
    if (!ipv6) {
      return prefixLength == 0 ? 0 : (-1L << (32 - prefixLength)) & 0xffff_ffffL;
    }
    if (prefixLength <= 64) {
      return 0;
    }
    return -1L << (128 - prefixLength);
  }

  /// Canonical text: RFC 5952 for IPv6.
  public static String format(boolean ipv6, long high, long low) {
    if (!ipv6) {
      return (low >>> 24 & 255)
          + "."
          + (low >>> 16 & 255)
          + "."
          + (low >>> 8 & 255)
          + "."
          + (low & 255);
    }
    int[] groups = new int[GROUPS];
    for (int i = 0; i < 4; i++) {
      groups[i] = (int) (high >>> (48 - 16 * i) & 0xffff);
      groups[4 + i] = (int) (low >>> (48 - 16 * i) & 0xffff);
    }
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < GROUPS; i++) {
      int end = i;
      while (end < GROUPS && groups[end] == 0) {
        end++;
      }
      if (end - i > bestLength) {
        bestStart = i;
        bestLength = end - i;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < GROUPS; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
