package org.postern.policystore;

import java.util.List;

/// A named question about the state of a device. Its name is its id. On a platform that is not
/// listed its result is unknown, whatever is reported.
///
/// @param platforms where it can be answered, in their order, at least one
/// @param description for people; may be empty
/// @param terms what a device has to meet
public record PostureProfile(
    String name, List<Platform> platforms, String description, PostureTerms terms) {
  /// Sorts the list.
  public PostureProfile {
    platforms = platforms.stream().distinct().sorted().toList();
  }

  /// A profile that asks for nothing, which no device meets: its result is unknown everywhere.
  public PostureProfile(String name, List<Platform> platforms, String description) {
    this(name, platforms, description, PostureTerms.NONE);
  }
}
