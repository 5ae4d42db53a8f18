package org.postern.policystore.posture;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.Truth;

/// What posture profiles come to: a pure function of the profile, the device's platform, its latest
/// report and the time. A requirement whose fact is missing is unknown; a profile is true only if
/// all its requirements are.
public final class PostureEvaluation {
  private PostureEvaluation() {}

  /// Holds a device against a profile.
  ///
  /// @param platform null: not known
  /// @param posture null: nothing was reported
  public static ProfileResult evaluate(
      PostureProfile profile,
      @Nullable Platform platform,
      @Nullable DevicePosture posture,
      Instant now) {
    if (profile.terms().requirements().isEmpty()) {
      return unexamined(profile, "the profile asks for nothing");
    }
    if (platform == null) {
      return unexamined(profile, "the device's operating system is not known");
    }
    if (!profile.platforms().contains(platform)) {
      return unexamined(profile, "the profile is not for " + platform);
    }
    if (posture == null) {
      return unexamined(profile, "the device has not reported yet");
    }
    Instant stale = posture.receivedAt().plus(profile.terms().ageMax());
    if (!now.isBefore(stale)) {
      return unexamined(
          profile,
          "the last report is of "
              + posture.receivedAt()
              + ", older than "
              + profile.terms().ageMax().toSeconds()
              + " s");
    }
    return examined(profile, posture, stale, now);
  }

  private static ProfileResult examined(
      PostureProfile profile, DevicePosture posture, Instant stale, Instant now) {
    Examination examination = new Examination(posture.facts());
    List<Finding> findings = new ArrayList<>();
    Truth truth = Truth.TRUE;
    for (PostureRequirement requirement : profile.terms().requirements()) {
      Finding finding = examination.of(requirement);
      findings.add(finding);
      truth = truth.and(finding.truth());
    }
    Instant met = posture.metUntil().get(profile.name());
    if (truth == Truth.FALSE
        && met != null
        && findings.stream().noneMatch(each -> each.truth() == Truth.UNKNOWN)) {
      Instant end = met.plus(profile.terms().grace());
      if (now.isBefore(end)) {
        Instant until = end.isBefore(stale) ? end : stale;
        return new ProfileResult(profile.name(), Truth.TRUE, true, findings, until);
      }
    }
    return new ProfileResult(profile.name(), truth, false, findings, stale);
  }

  private static ProfileResult unexamined(PostureProfile profile, String why) {
    return new ProfileResult(
        profile.name(), Truth.UNKNOWN, false, List.of(new Finding("", Truth.UNKNOWN, why)), null);
  }

  /// All profiles, in their order.
  public static List<ProfileResult> evaluateAll(
      List<PostureProfile> profiles,
      @Nullable Platform platform,
      @Nullable DevicePosture posture,
      Instant now) {
    return profiles.stream().map(each -> evaluate(each, platform, posture, now)).toList();
  }

  /// The posture after a new report: remembers until when profiles were met, for their grace.
  ///
  /// @param before null: nothing was reported before
  public static DevicePosture after(
      @Nullable DevicePosture before,
      SortedMap<FactName, Fact> facts,
      List<PostureProfile> profiles,
      @Nullable Platform platform,
      Instant now) {
    Map<String, Instant> met = new HashMap<>();
    for (PostureProfile profile : profiles) {
      ProfileResult old = evaluate(profile, platform, before, now);
      if (old.result() == Truth.TRUE && !old.inGrace()) {
        met.put(profile.name(), now);
      } else if (before != null && before.metUntil().containsKey(profile.name())) {
        Instant until = before.metUntil().get(profile.name());
        if (now.isBefore(until.plus(profile.terms().grace()))) {
          met.put(profile.name(), until);
        }
      }
    }
    return new DevicePosture(facts, now, met);
  }

  /// The facts with a subject that the profiles for this platform want to know.
  ///
  /// @param platform null: not known, so that nothing is asked
  public static List<FactName> questions(
      List<PostureProfile> profiles, @Nullable Platform platform) {
    SortedMap<FactName, Boolean> wanted = new TreeMap<>();
    for (PostureProfile profile : profiles) {
      if (platform != null && profile.platforms().contains(platform)) {
        for (PostureRequirement requirement : profile.terms().requirements()) {
          asked(requirement).forEach(name -> wanted.put(name, true));
        }
      }
    }
    return List.copyOf(wanted.keySet());
  }

  private static List<FactName> asked(PostureRequirement requirement) {
    return switch (requirement) {
      case PostureRequirement.Program(String path, List<String> digests) ->
          withDigest(FactKind.PROCESS_RUNNING, FactKind.PROCESS_SHA256, path, digests);
      case PostureRequirement.File(String path, List<String> digests) ->
          withDigest(FactKind.FILE_EXISTS, FactKind.FILE_SHA256, path, digests);
      case PostureRequirement.Domain(List<String> anyOf) ->
          anyOf.stream().map(name -> new FactName(FactKind.DOMAIN_MEMBER, name)).toList();
      case PostureRequirement.ProtectedKey(String label) ->
          List.of(new FactName(FactKind.PROTECTED_KEY, label));
      case PostureRequirement.Os os -> List.of();
      case PostureRequirement.Kernel kernel -> List.of();
      case PostureRequirement.Client client -> List.of();
      case PostureRequirement.DiskEncrypted disk -> List.of();
      case PostureRequirement.FirewallOn firewall -> List.of();
      case PostureRequirement.ScreenLock lock -> List.of();
    };
  }

  private static List<FactName> withDigest(
      FactKind there, FactKind digest, String path, List<String> digests) {
    FactName first = new FactName(there, path);
    return digests.isEmpty() ? List.of(first) : List.of(first, new FactName(digest, path));
  }
}
