package org.postern.broker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.postern.broker.bootstrap.StartException;

/** What {@code --listen} says. */
final class ListenAddress {
  private static final int PORT_DEFAULT = 443;

  private ListenAddress() {}

  static InetSocketAddress parse(String text) throws StartException {
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[");
    String host = colon > 0 && !text.endsWith("]") ? text.substring(0, colon) : text;
    String port = host.equals(text) ? "" + PORT_DEFAULT : text.substring(colon + 1);
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    try {
      int number = Integer.parseInt(port);
      if (number >= 0 && number < 65_536) {
        return new InetSocketAddress(InetAddress.getByName(bare), number);
      }
    } catch (NumberFormatException | UnknownHostException e) {
      // Said below.
    }
    throw new StartException(
        "--listen " + text + " is not ADDRESS:PORT (expected: 0.0.0.0:443 or [::]:443)");
  }
}
