package org.postern.clientconnector.local.system;

import java.io.IOException;
import java.util.List;

/** Runs programs of the operating system; blocks, never called on an event loop. */
public interface Commands {

  /**
   * Runs a program to its end.
   *
   * @param input what it reads on its standard input
   * @param command name and arguments; no secret among them, everybody on the machine can read them
   * @return its standard output, at most 1 MiB
   * @throws IOException if it is not installed, fails or takes too long; the message says which,
   *     and what the program said
   */
  String run(String input, List<String> command) throws IOException;

  /** Whether a program of this name is installed. */
  boolean isInstalled(String program);
}
