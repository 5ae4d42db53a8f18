package org.postern.broker.signin;

/** A sign-in that ends here. The detail is for the log: it may name claims, never secrets. */
public final class SignInException extends Exception {
  private static final long serialVersionUID = 1L;

  private final SignInFault fault;

  /** A refusal. */
  public SignInException(SignInFault fault, String detail) {
    super(detail);
    this.fault = fault;
  }

  /** A refusal because of something else. */
  public SignInException(SignInFault fault, String detail, Throwable cause) {
    super(detail, cause);
    this.fault = fault;
  }

  /** Why. */
  public SignInFault fault() {
    return fault;
  }
}
