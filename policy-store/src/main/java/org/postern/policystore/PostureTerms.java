package org.postern.policystore;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/// What a device has to meet for a posture profile to be true, and for how long its word counts.
///
/// @param requirements all of them must hold, sorted; none: the profile is unknown everywhere
/// @param ageMax a report that is older is no report
/// @param grace how long a profile that was true stays true after a report that makes it false, so
///   that the person can mend it; it never bridges what is unknown
public record PostureTerms(List<PostureRequirement> requirements, Duration ageMax, Duration grace) {
  /// How old a report may be where the profile does not say.
  public static final Duration AGE_MAX_DEFAULT = Duration.ofMinutes(15);

  /// Asks for nothing.
  public static final PostureTerms NONE =
      new PostureTerms(List.of(), AGE_MAX_DEFAULT, Duration.ZERO);

  /// Sorts the list.
  public PostureTerms {
    requirements =
        requirements.stream()
            .distinct()
            .sorted(Comparator.comparing(PostureRequirement::kind).thenComparing(Object::toString))
            .toList();
  }
}
