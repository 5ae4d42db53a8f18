package org.postern.policystore;

/// A word about an application that rules and roles may use: environment, owner.
///
/// @param key at most 63 of a-z, 0-9, '.', '_' and '-'
/// @param value as the key
public record Label(String key, String value) implements Comparable<Label> {
  @Override
  public int compareTo(Label other) {
    return toString().compareTo(other.toString());
  }

  /// As in the configuration: `env=prod`.
  @Override
  public String toString() {
    return key + "=" + value;
  }
}
