package org.postern.clientconnector.local.intercept;

import java.io.IOException;

/** Transparent mode cannot start here; the message says why and what to do next. */
public final class InterceptionException extends IOException {

  private static final long serialVersionUID = 1L;

  InterceptionException(String message) {
    super(message);
  }

  InterceptionException(String message, Throwable cause) {
    super(message, cause);
  }
}
