package org.postern.policystore.jdbc;

/// Somebody signs in with a subject that stands in the place of one, for a person who is
/// provisioned and has not signed in yet. It is nobody's.
public final class PlaceholderSubjectException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PlaceholderSubjectException(String provider) {
    super("provider " + provider + " asserts a subject that is a placeholder of ours");
  }
}
