package org.postern.policystore;

import java.util.Locale;
import java.util.Optional;

/// A machine that an application is served by.
///
/// @param host a name in lower case, or an address in its canonical form
/// @param port 1 to 65535, or 0: whatever port is asked for
public record Server(String host, int port) {
  /// As many as one server group lists.
  public static final int PER_GROUP_MAX = 32;

  /// Checks the port.
  public Server {
    if (port < 0 || port > PortRange.PORT_MAX) {
      throw new IllegalArgumentException("port is " + port + "; expected 0 to 65535");
    }
  }

  /// `HOST`, `HOST:PORT`, or `[IPV6]:PORT`. Empty if the port is no port; whether the host is one
  /// is not looked at.
  public static Optional<Server> parse(String text) {
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[") && text.indexOf(']') > 0;
    if (!bracketed && (colon < 0 || text.indexOf(':') != colon)) {
      return Optional.of(new Server(text.toLowerCase(Locale.ROOT), 0));
    }
    int end = bracketed ? text.indexOf(']') : colon;
    String host = bracketed ? text.substring(1, end) : text.substring(0, end);
    String rest = bracketed ? text.substring(end + 1) : text.substring(end);
    if (bracketed && host.indexOf(':') < 0) {
      return Optional.empty();
    }
    if (!rest.matches(":[1-9][0-9]{0,4}")) {
      return Optional.empty();
    }
    int port = Integer.parseInt(rest.substring(1));
    return port > PortRange.PORT_MAX
        ? Optional.empty()
        : Optional.of(new Server(host.toLowerCase(Locale.ROOT), port));
  }

  /// The port to dial for a flow that asks for another, or for the same.
  public int portFor(int asked) {
    return port == 0 ? asked : port;
  }

  /// As [#parse] reads it.
  public String text() {
    if (port == 0) {
      return host;
    }
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
