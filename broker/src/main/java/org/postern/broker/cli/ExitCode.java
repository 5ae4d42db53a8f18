package org.postern.broker.cli;

/** What the command line's exit codes mean. */
public final class ExitCode {
  /** Done. */
  public static final int OK = 0;

  /** The broker understood and refused, or failed. */
  public static final int REFUSED = 1;

  /** The command line or the policy document is wrong. */
  public static final int WRONG = 2;

  /** The broker does not answer. */
  public static final int UNREACHABLE = 3;

  /** The admin token is missing or not accepted. */
  public static final int TOKEN = 4;

  private ExitCode() {}
}
