package org.postern.appconnector.upstream;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which addresses may be dialled at all. It is asked about the address that is about to be dialled,
 * after the name was resolved, so that a name that changes its address (DNS rebinding) gains
 * nothing. IPv6 forms that carry an IPv4 address (mapped, translated, NAT64 of RFC 6052 and RFC
 * 8215, 6to4, ISATAP) are judged by that address too. Immutable, any thread.
 */
public final class AddressGuard {
  private final List<AddressRange> denied;

  /**
   * @param denied ranges that the operator of this connector never wants dialled
   */
  public AddressGuard(List<AddressRange> denied) {
    this.denied = List.copyOf(denied);
  }

  /** Empty if the address may be dialled, else why not, for a log or a refusal. */
  public Optional<String> objection(InetAddress address, AddressExceptions exceptions) {
    byte[] bytes = address.getAddress();
    Optional<String> found =
        address instanceof Inet4Address
            ? objectionIpv4(bytes, exceptions)
            : objectionIpv6(bytes, exceptions);
    return found.map(kind -> address.getHostAddress() + " is " + kind);
  }

  private Optional<String> objectionIpv4(byte[] a, AddressExceptions exceptions) {
    Kind kind = kindIpv4(a);
    if (kind != Kind.ORDINARY && !kind.exceptedBy(exceptions)) {
      return Optional.of(kind.text);
    }
    return deniedByOperator(a);
  }

  private static Kind kindIpv4(byte[] a) {
    if (under(a, 8, 127)) {
      return Kind.LOOPBACK;
    }
    if (under(a, 16, 169, 254)) {
      return Kind.LINK_LOCAL;
    }
    // The metadata services of Alibaba, Oracle and Azure do not live at 169.254.169.254.
    if (under(a, 32, 100, 100, 100, 200)
        || under(a, 32, 192, 0, 0, 192)
        || under(a, 32, 168, 63, 129, 16)) {
      return Kind.METADATA;
    }
    if (under(a, 8, 0)) {
      return Kind.UNSPECIFIED;
    }
    if (under(a, 4, 0xe0)) {
      return Kind.MULTICAST;
    }
    // Class E, and in it 255.255.255.255.
    return under(a, 4, 0xf0) ? Kind.RESERVED : Kind.ORDINARY;
  }

  private Optional<String> objectionIpv6(byte[] a, AddressExceptions exceptions) {
    Kind kind = kindIpv6(a);
    if (kind != Kind.ORDINARY && !kind.exceptedBy(exceptions)) {
      return Optional.of(kind.text);
    }
    if (kind == Kind.LOOPBACK) {
      return deniedByOperator(a);
    }
    for (byte[] inner : embeddedIpv4(a)) {
      Optional<String> found = objectionIpv4(inner, exceptions);
      if (found.isPresent()) {
        return found.map(text -> "an IPv6 form of an IPv4 address that is " + text);
      }
    }
    return deniedByOperator(a);
  }

  private static Kind kindIpv6(byte[] a) {
    if (under(a, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)) {
      return Kind.LOOPBACK;
    }
    if (under(a, 128)) {
      return Kind.UNSPECIFIED;
    }
    if (under(a, 8, 0xff)) {
      return Kind.MULTICAST;
    }
    if (under(a, 10, 0xfe, 0x80)) {
      return Kind.LINK_LOCAL;
    }
    // Amazon's and Google's services on unique local addresses.
    if (under(a, 32, 0xfd, 0x00, 0x0e, 0xc2)
        || under(a, 128, 0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54)) {
      return Kind.METADATA;
    }
    // Teredo hides its client's IPv4 address by inversion; nothing in a private network is there.
    return under(a, 32, 0x20, 0x01, 0, 0) ? Kind.RESERVED : Kind.ORDINARY;
  }

  private static List<byte[]> embeddedIpv4(byte[] a) {
    boolean last32 =
        under(a, 80) // compatible ::/96 and mapped ::ffff:0:0/96
            || under(a, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0) // translated, RFC 2765
            || under(a, 96, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0) // NAT64
            || isIsatap(a);
    if (last32) {
      return List.of(Arrays.copyOfRange(a, 12, 16));
    }
    if (under(a, 16, 0x20, 0x02)) {
      return List.of(Arrays.copyOfRange(a, 2, 6));
    }
    if (under(a, 48, 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01)) {
      // RFC 8215 leaves the length of the prefix open: judge each position of RFC 6052 §2.2, in
      // which byte 8 is skipped. The right one is among them; what is no host is a wrong one.
      return Stream.of(
              new byte[] {a[6], a[7], a[9], a[10]},
              new byte[] {a[7], a[9], a[10], a[11]},
              new byte[] {a[9], a[10], a[11], a[12]},
              Arrays.copyOfRange(a, 12, 16))
          .filter(each -> kindIpv4(each).isHost())
          .toList();
    }
    return List.of();
  }

  private static boolean isIsatap(byte[] a) {
    return (a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && (a[11] & 0xff) == 0xfe;
  }

  private Optional<String> deniedByOperator(byte[] a) {
    for (AddressRange range : denied) {
      if (range.contains(a)) {
        return Optional.of("in " + range + ", which this connector is told never to dial");
      }
    }
    return Optional.empty();
  }

  /** Whether the first {@code bits} bits equal those of {@code prefix}, padded with zeros. */
  private static boolean under(byte[] address, int bits, int... prefix) {
    for (int bit = 0; bit < bits; bit += 8) {
      int index = bit / 8;
      int expected = index < prefix.length ? prefix[index] : 0;
      int mask = bits - bit >= 8 ? 0xff : 0xff << (8 - (bits - bit));
      if (((address[index] ^ expected) & mask & 0xff) != 0) {
        return false;
      }
    }
    return true;
  }

  private enum Kind {
    ORDINARY("ordinary"),
    LOOPBACK("a loopback address"),
    LINK_LOCAL("a link-local address"),
    METADATA("a metadata address of a cloud provider"),
    UNSPECIFIED("the unspecified address"),
    MULTICAST("a multicast address"),
    RESERVED("a reserved or broadcast address");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    boolean isHost() {
      return switch (this) {
        case ORDINARY, LOOPBACK, LINK_LOCAL, METADATA -> true;
        case UNSPECIFIED, MULTICAST, RESERVED -> false;
      };
    }

    boolean exceptedBy(AddressExceptions exceptions) {
      return switch (this) {
        case LOOPBACK -> exceptions.loopback();
        case LINK_LOCAL, METADATA -> exceptions.linkLocal();
        case ORDINARY -> true;
        case UNSPECIFIED, MULTICAST, RESERVED -> false;
      };
    }
  }
}
