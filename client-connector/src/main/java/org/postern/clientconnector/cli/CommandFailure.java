package org.postern.clientconnector.cli;

/** A command could not do its work; the message is for the person, the code for programs. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;
  private final int exitCode;

  CommandFailure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
