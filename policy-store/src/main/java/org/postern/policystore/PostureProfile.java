package org.postern.policystore;

import java.util.List;

/// A named question about the state of a device, answered by whoever examines devices. Its name is
/// its id. On a platform that is not listed its result is unknown, whatever is reported.
///
/// @param platforms where it can be answered, in their order, at least one
/// @param description for people; may be empty
public record PostureProfile(String name, List<Platform> platforms, String description) {
  /// Sorts the list.
  public PostureProfile {
    platforms = platforms.stream().distinct().sorted().toList();
  }
}
