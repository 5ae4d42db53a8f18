package org.postern.appconnector.upstream;

/**
 * What a grant names.
 *
 * @param host a name or an address literal, never a synthetic address
 * @param port 1 to 65535
 * @param exceptions the addresses that the application may have although none may by default
 */
public record DialTarget(String host, int port, AddressExceptions exceptions) {
  public DialTarget {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port is " + port + "; expected 1 to 65535");
    }
  }
}
