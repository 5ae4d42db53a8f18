package org.postern.policystore.yaml;

/// One mistake in a policy document.
///
/// @param line from 1
/// @param column from 1
/// @param path where in the document, as in `applications[2].hosts[0]`
/// @param message what is wrong and what was expected
public record PolicyError(int line, int column, String path, String message) {
  /// As compilers say it: `12:5: applications[2].hosts[0]: ...`.
  @Override
  public String toString() {
    return line + ":" + column + ": " + (path.isEmpty() ? "" : path + ": ") + message;
  }
}
