package org.postern.clientconnector.local;

/**
 * An IPv4 address where one of IPv6 could be.
 *
 * @param bits in network order
 */
public record Ipv4Address(int bits) implements IpAddress {
  @Override
  public String toString() {
    return Ipv4Range.text(bits);
  }
}
