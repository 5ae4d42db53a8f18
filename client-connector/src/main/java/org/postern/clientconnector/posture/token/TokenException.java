package org.postern.clientconnector.posture.token;

/** A token or its module did not do what it was asked. */
final class TokenException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long code;

  TokenException(String message) {
    super(message);
    this.code = 0;
  }

  /** A function returned an error (CKR_...). */
  TokenException(String function, long code) {
    super("%s failed with 0x%x".formatted(function, code));
    this.code = code;
  }

  /** What the function returned; 0 if none did. */
  long code() {
    return code;
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
