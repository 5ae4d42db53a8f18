package org.postern.policystore.jdbc;

import java.sql.SQLException;

/// The database did not do what was asked: it is away, or refused a statement.
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  StoreException(String what, SQLException cause) {
    super(what + ": " + cause.getMessage(), cause);
  }

  StoreException(String what) {
    super(what);
  }
}
