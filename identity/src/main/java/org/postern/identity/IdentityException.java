package org.postern.identity;

/**
 * Key or certificate material of our own side cannot be used: unreadable, damaged, not matching, or
 * sealed with another key. The message says which, what was expected and what to do; it holds no
 * secret.
 */
public final class IdentityException extends Exception {
  private static final long serialVersionUID = 1;

  IdentityException(String message) {
    super(message);
  }

  IdentityException(String message, Throwable cause) {
    super(message, cause);
  }
}
