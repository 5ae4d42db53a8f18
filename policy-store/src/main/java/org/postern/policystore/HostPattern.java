package org.postern.policystore;

/// What an application's `hosts` list may hold. The text form is the canonical one of the
/// configuration.
public sealed interface HostPattern {

  /// The canonical text, as the configuration writes it.
  String text();

  /// One DNS name, in lower case, without a trailing dot.
  record ExactName(String name) implements HostPattern {
    @Override
    public String text() {
      return name;
    }
  }

  /// All names below a suffix (`*.suffix`), at any depth, but not the suffix itself.
  record WildcardName(String suffix) implements HostPattern {
    @Override
    public String text() {
      return "*." + suffix;
    }
  }

  /// A name with `*` (any characters, dots too, or none) and `?` (one character that is no dot)
  /// anywhere. `*.suffix` is a [WildcardName] instead.
  record Glob(String pattern) implements HostPattern {
    @Override
    public String text() {
      return pattern;
    }
  }

  /// Addresses. Matched by programs that dial an address instead of a name.
  record Addresses(AddressRange range) implements HostPattern {
    @Override
    public String text() {
      return range.toString();
    }
  }
}
