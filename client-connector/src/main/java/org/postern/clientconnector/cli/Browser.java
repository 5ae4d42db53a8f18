package org.postern.clientconnector.cli;

import java.io.IOException;
import java.net.URI;

/** The person's browser on this machine. */
final class Browser {
  private Browser() {}

  /** Opens an address that is printed too, so a browser that does not open is no failure. */
  static void open(Surroundings surroundings, URI address) {
    String opener = surroundings.environment().getOrDefault("BROWSER", "xdg-open");
    try {
      new ProcessBuilder(opener, address.toString())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      surroundings.err().println("(no browser could be opened here: " + e.getMessage() + ")");
    }
  }
}
