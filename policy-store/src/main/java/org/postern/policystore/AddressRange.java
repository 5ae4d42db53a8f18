package org.postern.policystore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An IPv4 or IPv6 address range (CIDR). IPv4-mapped IPv6 addresses are IPv4 here.
///
/// @param high the upper 64 bits of an IPv6 range; 0 for IPv4
/// @param low the lower 64 bits of an IPv6 range; for IPv4 the address in the lower 32 bits
public record AddressRange(boolean ipv6, long high, long low, int prefixLength) {

  /// Refuses a prefix that is too long and bits below the prefix.
  public AddressRange {
    int bits = ipv6 ? 128 : 32;
    if (prefixLength < 0 || prefixLength > bits) {
      throw new IllegalArgumentException(
          "prefix length " + prefixLength + " (expected: 0 to " + bits + ")");
    }
    if ((high & ~IpLiterals.maskHigh(ipv6, prefixLength)) != 0
        || (low & ~IpLiterals.maskLow(ipv6, prefixLength)) != 0) {
      throw new IllegalArgumentException("address has bits set below its prefix length");
    }
  }

  /// Reads `10.20.0.0/16`, `fd00::/8` or a single address. Empty if it is none of these, or if bits
  /// are set below the prefix.
  public static Optional<AddressRange> parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    IpLiterals.Parsed parsed = IpLiterals.parse(address);
    if (parsed == null) {
      return Optional.empty();
    }
    int bits = parsed.ipv6() ? 128 : 32;
    int prefix = bits;
    if (slash >= 0) {
      String length = text.substring(slash + 1);
      if (!length.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(length) > bits) {
        return Optional.empty();
      }
      prefix = Integer.parseInt(length);
    }
    if ((parsed.high() & ~IpLiterals.maskHigh(parsed.ipv6(), prefix)) != 0
        || (parsed.low() & ~IpLiterals.maskLow(parsed.ipv6(), prefix)) != 0) {
      return Optional.empty();
    }
    return Optional.of(new AddressRange(parsed.ipv6(), parsed.high(), parsed.low(), prefix));
  }

  /// Whether all of another range lies inside. An IPv4 address never lies in an IPv6 range.
  public boolean contains(AddressRange other) {
    return other.ipv6 == ipv6
        && other.prefixLength >= prefixLength
        && (other.high & IpLiterals.maskHigh(ipv6, prefixLength)) == high
        && (other.low & IpLiterals.maskLow(ipv6, prefixLength)) == low;
  }

  /// What is left of it without another range, in as few ranges as there can be: itself if they do
  /// not meet, nothing if it lies in the other.
  public List<AddressRange> without(AddressRange other) {
    if (other.contains(this)) {
      return List.of();
    }
    if (!contains(other)) {
      return List.of(this);
    }
    List<AddressRange> left = new ArrayList<>();
    AddressRange rest = this;
    while (!rest.equals(other)) {
      AddressRange lower = rest.half(false);
      AddressRange upper = rest.half(true);
      boolean inUpper = upper.contains(other);
      left.add(inUpper ? lower : upper);
      rest = inUpper ? upper : lower;
    }
    return left;
  }

  private AddressRange half(boolean upper) {
    // The bit behind the prefix, counted from the left of the 128 or 32.
    int shift = (ipv6 ? 127 : 31) - prefixLength;
    long bit = upper ? 1L << (shift & 63) : 0;
    boolean inHigh = ipv6 && shift >= 64;
    return new AddressRange(
        ipv6, inHigh ? high | bit : high, inHigh ? low : low | bit, prefixLength + 1);
  }

  /// Canonical text: always with the prefix length unless it is a single address.
  @Override
  public String toString() {
    String address = IpLiterals.format(ipv6, high, low);
    return prefixLength == (ipv6 ? 128 : 32) ? address : address + "/" + prefixLength;
  }
}
