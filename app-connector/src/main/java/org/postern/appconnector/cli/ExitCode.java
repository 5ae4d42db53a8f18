package org.postern.appconnector.cli;

/** What the process ends with; scripts and systemd units may rely on these numbers. */
final class ExitCode {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /** The broker said no: a new provisioning key is needed. */
  static final int REFUSED = 3;

  /** The broker cannot be reached: worth trying again. */
  static final int UNREACHABLE = 4;

  /** There is no usable identity in the data directory. */
  static final int NOT_ENROLLED = 5;

  private ExitCode() {}

  /** Shown by {@code --help}. */
  static final String[] LIST = {
    "0:it went well",
    "1:something failed; the message says what",
    "2:the command line is wrong",
    "3:the broker refused the provisioning key",
    "4:the broker cannot be reached, or its certificate is not the expected one",
    "5:not enrolled, or the certificate has expired: enroll again"
  };
}
