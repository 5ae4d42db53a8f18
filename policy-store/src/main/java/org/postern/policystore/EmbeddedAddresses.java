package org.postern.policystore;

import java.util.ArrayList;
import java.util.List;

/// IPv4 addresses that IPv6 addresses carry, and to which their packets may be translated:
/// compatible (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056) and
/// ISATAP (RFC 5214). Mapped ones are IPv4 already, see [IpLiterals]. Whoever judges an address has
/// to judge these too.
public final class EmbeddedAddresses {
  private static final List<Integer> LAST = List.of(12, 13, 14, 15);

  private static final List<Form> FORMS =
      List.of(
          new Form(range("::/96"), LAST),
          new Form(range("::ffff:0:0:0/96"), LAST),
          new Form(range("64:ff9b::/96"), LAST),
          new Form(range("2002::/16"), List.of(2, 3, 4, 5)),
          // RFC 8215 leaves the length of the prefix open: each position of RFC 6052 section 2.2,
          // in which byte 8 is skipped.
          new Form(range("64:ff9b:1::/48"), List.of(6, 7, 9, 10)),
          new Form(range("64:ff9b:1::/48"), List.of(7, 9, 10, 11)),
          new Form(range("64:ff9b:1::/48"), List.of(9, 10, 11, 12)),
          new Form(range("64:ff9b:1::/48"), LAST));

  /// Bytes 8 to 11 of an ISATAP address, but for the bit that says whether it is unique.
  private static final long ISATAP = 0x0000_5efeL;

  private static final long ISATAP_UNIQUE = 0x0200_0000L;
  private static final int ISATAP_BITS = 96;

  private EmbeddedAddresses() {}

  private record Form(AddressRange prefix, List<Integer> bytes) {}

  private static AddressRange range(String text) {
    return AddressRange.parse(text).orElseThrow();
  }

  /// What a range of IPv6 carries, in each form that it may be read in; as far as the range fixes
  /// it. Nothing for IPv4.
  public static List<AddressRange> in(AddressRange range) {
    if (!range.ipv6()) {
      return List.of();
    }
    List<AddressRange> found = new ArrayList<>();
    for (Form form : FORMS) {
      if (form.prefix().contains(range)) {
        found.add(read(range, form.bytes()));
      }
    }
    if (range.prefixLength() >= ISATAP_BITS
        && (range.low() >>> Integer.SIZE & ~ISATAP_UNIQUE) == ISATAP) {
      found.add(read(range, LAST));
    }
    return List.copyOf(found);
  }

  private static AddressRange read(AddressRange range, List<Integer> bytes) {
    long address = 0;
    int known = 0;
    while (known < Integer.SIZE) {
      int bit = bytes.get(known / Byte.SIZE) * Byte.SIZE + known % Byte.SIZE;
      if (bit >= range.prefixLength()) {
        break;
      }
      long half = bit < Long.SIZE ? range.high() : range.low();
      long value = half >>> (Long.SIZE - 1 - bit % Long.SIZE) & 1;
      address |= value << (Integer.SIZE - 1 - known);
      known++;
    }
    return new AddressRange(false, 0, address, known);
  }
}
