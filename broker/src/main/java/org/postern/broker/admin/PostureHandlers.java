package org.postern.broker.admin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.broker.admin.AdminDoor.Handler;
import org.postern.broker.front.Reply;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.Truth;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.posture.DevicePosture;
import org.postern.policystore.posture.PostureEvaluation;
import org.postern.policystore.posture.ProfileResult;

/** Posture profiles, what devices reported, and which device lacks which fact. */
final class PostureHandlers {
  private final AdminParts parts;
  private final Pages pages;

  PostureHandlers(AdminParts parts, AdminLimits limits) {
    this.parts = parts;
    this.pages = new Pages(limits);
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "listPostureProfiles", this::profiles,
        "listPostureFaults", this::faults,
        "readPosture", this::device);
  }

  private Reply profiles(AdminCall call) {
    return pages.sorted(
        call,
        parts.snapshots().refresh().configuration().postureProfiles(),
        PostureProfile::name,
        profile -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("name", profile.name());
          item.put("platforms", profile.platforms().stream().map(PostureHandlers::word).toList());
          item.put("description", profile.description());
          item.put(
              "requires",
              profile.terms().requirements().stream().map(PostureRequirement::kind).toList());
          item.put("maxAgeSeconds", profile.terms().ageMax().toSeconds());
          item.put("graceSeconds", profile.terms().grace().toSeconds());
          return item;
        });
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private List<ProfileResult> results(
      Snapshot snapshot, DeviceRecord device, @Nullable DevicePosture posture, Instant now) {
    return PostureEvaluation.evaluateAll(
        snapshot.configuration().postureProfiles(),
        Platform.ofDevice(device.platform()).orElse(null),
        posture,
        now);
  }

  private static Map<String, Object> shown(ProfileResult result) {
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("profile", result.profile());
    item.put("result", word(result.result()));
    item.put("inGrace", result.inGrace());
    item.put("why", result.why());
    item.put(
        "findings",
        result.findings().stream()
            .map(finding ->
                Map.of(
                    "requirement", finding.requirement(),
                    "result", word(finding.truth()),
                    "text", finding.text()))
            .toList());
    return item;
  }

  private Reply device(AdminCall call) {
    Snapshot snapshot = parts.snapshots().refresh();
    DeviceRecord device = snapshot.identities().devices().get(call.path("id"));
    if (device == null) {
      throw AdminProblem.notFound(
          "device", call.path("id"), "List them: postern admin device list");
    }
    DevicePosture posture = parts.postures().find(device.id()).orElse(null);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", device.id());
    body.put("name", device.name());
    body.put("platform", device.platform());
    body.put("reported", posture == null ? "" : posture.receivedAt().toString());
    body.put(
        "profiles",
        results(snapshot, device, posture, parts.clock().instant()).stream()
            .map(PostureHandlers::shown)
            .toList());
    List<Map<String, Object>> facts = new ArrayList<>();
    if (posture != null) {
      posture
          .facts()
          .forEach(
              (name, fact) -> facts.add(Map.of("fact", name.toString(), "value", fact.shown())));
    }
    body.put("facts", facts);
    return Reply.json(200, body);
  }

  /** One device and one profile that it does not meet, or of which that is not known. */
  private record Fault(DeviceRecord device, ProfileResult result) {
    String key() {
      return device.userId() + " " + device.id() + " " + result.profile();
    }
  }

  private Reply faults(AdminCall call) {
    Snapshot snapshot = parts.snapshots().refresh();
    Map<String, DevicePosture> postures = parts.postures().all();
    Instant now = parts.clock().instant();
    List<Fault> faults = new ArrayList<>();
    for (DeviceRecord device : snapshot.identities().devices().values()) {
      if (device.state() == DeviceRecord.State.REGISTERED) {
        for (ProfileResult result : results(snapshot, device, postures.get(device.id()), now)) {
          if (result.result() != Truth.TRUE || result.inGrace()) {
            faults.add(new Fault(device, result));
          }
        }
      }
    }
    faults.sort(java.util.Comparator.comparing(Fault::key));
    return pages.sorted(
        call,
        faults,
        Fault::key,
        fault -> {
          UserRecord user = snapshot.identities().users().get(fault.device().userId());
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("device", fault.device().id());
          item.put("name", fault.device().name());
          item.put("user", user == null ? fault.device().userId() : user.email());
          item.putAll(shown(fault.result()));
          return item;
        });
  }
}
