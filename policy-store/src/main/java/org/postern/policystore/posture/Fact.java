package org.postern.policystore.posture;

/// What a device says about one fact: a value, or that it cannot tell and why. Never a guess.
public sealed interface Fact {
  /// In words, for people.
  String shown();

  /// Yes or no.
  record Flag(boolean yes) implements Fact {
    @Override
    public String shown() {
      return yes ? "yes" : "no";
    }
  }

  /// A whole number, not negative.
  record Amount(long value) implements Fact {
    @Override
    public String shown() {
      return Long.toString(value);
    }
  }

  /// A text.
  record Text(String value) implements Fact {
    @Override
    public String shown() {
      return value;
    }
  }

  /// The device cannot tell.
  ///
  /// @param why for the administrator, in the device's words
  record Missing(String why) implements Fact {
    @Override
    public String shown() {
      return "not known: " + why;
    }
  }
}
