package org.postern.clientconnector.local.synthetic;

import java.io.IOException;

/** No synthetic address can be given out now; the message says why and what to do next. */
public final class AddressRefusedException extends IOException {

  private static final long serialVersionUID = 1L;

  AddressRefusedException(String message) {
    super(message);
  }
}
