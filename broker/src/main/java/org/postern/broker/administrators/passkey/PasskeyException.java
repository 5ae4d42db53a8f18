package org.postern.broker.administrators.passkey;

/** What a browser sent as a passkey is not one, or not for this question. For the log. */
public final class PasskeyException extends Exception {
  private static final long serialVersionUID = 1L;

  PasskeyException(String message, Throwable cause) {
    super(message, cause);
  }
}
