package org.postern.broker.access;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.posture.DevicePosture;
import org.postern.policystore.posture.PostureEvaluation;
import org.postern.policystore.posture.ProfileResult;
import org.postern.tunnel.message.PostureReport;

/** The latest reports of the devices that are linked here. Safe for any thread; never blocks. */
public final class PostureDesk {
  private final Supplier<Snapshot> snapshots;
  private final PostureMemory memory;
  private final PostureReportLimits limits;
  private final InstantSource clock;
  private final Map<String, DevicePosture> postures = new ConcurrentHashMap<>();

  /** Wires it. */
  public PostureDesk(
      Supplier<Snapshot> snapshots,
      PostureMemory memory,
      PostureReportLimits limits,
      InstantSource clock) {
    this.snapshots = snapshots;
    this.memory = memory;
    this.limits = limits;
    this.clock = clock;
  }

  /** Its limits. */
  public PostureReportLimits limits() {
    return limits;
  }

  /** Takes a report in; empty if it is used, else why it is not. */
  public Optional<String> report(String deviceId, PostureReport report) {
    return switch (PostureDecoder.read(report, limits)) {
      case PostureDecoder.Read.Bad(String why) -> Optional.of(why);
      case PostureDecoder.Read.Good(var facts) -> {
        Snapshot snapshot = snapshots.get();
        DevicePosture before = postures.get(deviceId);
        DevicePosture after =
            PostureEvaluation.after(
                before, facts, profiles(snapshot), platform(snapshot, deviceId), clock.instant());
        postures.put(deviceId, after);
        if (before != null
            && before.facts().equals(after.facts())
            && before.metUntil().keySet().equals(after.metUntil().keySet())) {
          memory.confirmed(deviceId, after.receivedAt());
        } else {
          memory.save(deviceId, after);
        }
        yield Optional.empty();
      }
    };
  }

  /** A device is linked: finds what it said to another broker, or before we started. */
  public void arrived(String deviceId, Runnable found) {
    if (!postures.containsKey(deviceId)) {
      memory.load(
          deviceId,
          loaded -> {
            restore(deviceId, loaded);
            found.run();
          });
    }
  }

  /** What was kept is older than what was reported meanwhile, but knows what was met. */
  private void restore(String deviceId, DevicePosture loaded) {
    Snapshot snapshot = snapshots.get();
    postures.merge(
        deviceId,
        loaded,
        (current, kept) -> {
          DevicePosture after =
              PostureEvaluation.after(
                  kept,
                  current.facts(),
                  profiles(snapshot),
                  platform(snapshot, deviceId),
                  current.receivedAt());
          return after;
        });
  }

  /** A device is no longer linked here. */
  public void left(String deviceId) {
    postures.remove(deviceId);
  }

  List<ProfileResult> results(Snapshot snapshot, String deviceId) {
    List<PostureProfile> profiles = profiles(snapshot);
    return profiles.isEmpty()
        ? List.of()
        : PostureEvaluation.evaluateAll(
            profiles, platform(snapshot, deviceId), postures.get(deviceId), clock.instant());
  }

  private static List<PostureProfile> profiles(Snapshot snapshot) {
    return snapshot.configuration().postureProfiles();
  }

  static @Nullable Platform platform(Snapshot snapshot, String deviceId) {
    DeviceRecord device = snapshot.identities().devices().get(deviceId);
    return device == null ? null : Platform.ofDevice(device.platform()).orElse(null);
  }
}
