package org.postern.clientconnector.signin;

/** Signing in did not succeed; the message says what to do next. */
public final class SignInException extends Exception {
  private static final long serialVersionUID = 1L;

  SignInException(String message) {
    super(message);
  }

  SignInException(String message, Throwable cause) {
    super(message, cause);
  }
}
