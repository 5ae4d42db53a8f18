package org.postern.policystore;

import java.util.regex.Pattern;

/// Texts of others that people read: names of persons and devices. What is in one of them must not
/// rearrange, hide or break the line that it stands in, nor steer a terminal. Not for what is
/// compared: names that decide something stay as they were written.
public final class ShownText {
  /// Controls, those of 8-bit terminals included; line breaks of Unicode; marks of direction.
  private static final Pattern REARRANGING =
      Pattern.compile(
          "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e"
              + "\\u2066-\\u2069]");

  private ShownText() {}

  /// The text with U+FFFD in place of such characters, of the same length.
  public static String of(String said) {
    return REARRANGING.matcher(said).replaceAll("\uFFFD");
  }
}
