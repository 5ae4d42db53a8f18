package org.postern.broker.bootstrap;

/**
 * The broker cannot start, for a reason that its operator can mend. The message is for a person.
 */
public final class StartException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong, what was expected, what to do next. */
  public StartException(String message) {
    super(message);
  }

  /** The same, with what led to it. */
  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
