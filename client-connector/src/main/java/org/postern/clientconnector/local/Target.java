package org.postern.clientconnector.local;

import java.util.Locale;

/**
 * What a program wants to reach, by the name that it asked for; never a synthetic address.
 *
 * @param host lower case, no trailing dot, 1 to 253 characters of letters, digits, '-', '_', '.'
 *     and, in an IPv6 literal, ':'
 * @param port 1 to 65,535
 */
public record Target(String host, int port) {

  /** Longest host name in characters (RFC 1035 section 2.3.4, without the trailing dot). */
  public static final int HOST_LENGTH_MAX = 253;

  public Target {
    host = host.toLowerCase(Locale.ROOT);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    if (host.isEmpty()
        || host.length() > HOST_LENGTH_MAX
        || !host.chars().allMatch(Target::isHost)) {
      throw new IllegalArgumentException(
          "host is not a name or an address (expected: 1 to 253 of a-z, 0-9, '-', '_', '.', ':')");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  /**
   * Reads {@code host:port} or {@code [v6]:port}.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  public static Target parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new IllegalArgumentException("no port given (expected: HOST:PORT)");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "an IPv6 address needs brackets (expected: [ADDRESS]:PORT)");
    }
    String port = text.substring(colon + 1);
    if (port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("port is not a number (expected: 1 to 65535)");
    }
    return new Target(host, Integer.parseInt(port));
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  private static boolean isHost(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.'
        || c == ':';
  }
}
