package org.postern.appconnector.upstream;

import io.netty.util.NetUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A range of addresses, written as {@code 10.0.0.0/8} or {@code fd00::/8}. Immutable. */
public final class AddressRange {
  private final byte[] network;
  private final int bits;
  private final String text;

  private AddressRange(byte[] network, int bits, String text) {
    this.network = network;
    this.bits = bits;
    this.text = text;
  }

  /**
   * Reads a range; an address alone is a range of one.
   *
   * @throws IllegalArgumentException if it is not one, with what was expected
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    byte @Nullable [] network = NetUtil.createByteArrayFromIpAddressString(address);
    if (network == null) {
      throw notARange(text);
    }
    int bits = network.length * 8;
    if (slash >= 0) {
      bits = parseBits(text, text.substring(slash + 1), bits);
    }
    return new AddressRange(network, bits, text);
  }

  private static int parseBits(String text, String digits, int bitsMax) {
    if (digits.isEmpty()
        || digits.length() > 3
        || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw notARange(text);
    }
    int bits = Integer.parseInt(digits);
    if (bits > bitsMax) {
      throw notARange(text);
    }
    return bits;
  }

  private static IllegalArgumentException notARange(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not an address range; expected one like 10.0.0.0/8 or fd00::/8");
  }

  boolean contains(byte[] address) {
    if (address.length != network.length) {
      return false;
    }
    int whole = bits / 8;
    if (!Arrays.equals(address, 0, whole, network, 0, whole)) {
      return false;
    }
    int rest = bits % 8;
    return rest == 0 || ((address[whole] ^ network[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
  }

  @Override
  public String toString() {
    return text;
  }
}
