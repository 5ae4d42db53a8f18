package org.postern.clientconnector.cli;

/** What the exit codes mean; in {@code --help} too. */
final class ExitCode {
  static final int OK = 0;

  /** It did not work; the message says why. */
  static final int FAILED = 1;

  /** The command line was wrong. */
  static final int USAGE = 2;

  /** Policy, or the application, refused, or cut what was open. */
  static final int REFUSED = 3;

  /** No client connector is running, or it has no link to the broker. */
  static final int NOT_CONNECTED = 4;

  private ExitCode() {}
}
