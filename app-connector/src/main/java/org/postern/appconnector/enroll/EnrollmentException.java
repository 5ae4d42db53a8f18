package org.postern.appconnector.enroll;

/** Enrollment did not succeed; the message says why and what to do, and holds no secret. */
public final class EnrollmentException extends Exception {
  private static final long serialVersionUID = 1;

  /** Whose turn it is. */
  public enum Kind {
    /** The broker could not be reached, or its certificate is not the expected one. */
    UNREACHABLE,
    /** The broker said no. */
    REFUSED,
    /** The broker's answer makes no sense; versions may not fit. */
    CONFUSED
  }

  private final Kind kind;

  EnrollmentException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  EnrollmentException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What sort of failure it is. */
  public Kind kind() {
    return kind;
  }
}
