package org.postern.policystore.posture;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.Truth;

/// Holds one report against requirements.
final class Examination {
  private final Map<FactName, Fact> facts;

  Examination(Map<FactName, Fact> facts) {
    this.facts = facts;
  }

  Finding of(PostureRequirement requirement) {
    return switch (requirement) {
      case PostureRequirement.Os os -> os(os);
      case PostureRequirement.Kernel(String least) ->
          version(requirement, FactName.of(FactKind.KERNEL), least);
      case PostureRequirement.Client(String least) ->
          version(requirement, FactName.of(FactKind.CLIENT_VERSION), least);
      case PostureRequirement.DiskEncrypted disk ->
          flag(disk, FactName.of(FactKind.DISK_ENCRYPTED), "is on", "is off");
      case PostureRequirement.FirewallOn firewall ->
          flag(firewall, FactName.of(FactKind.FIREWALL_ON), "is on", "is off");
      case PostureRequirement.ScreenLock(Duration within) -> screenLock(requirement, within);
      case PostureRequirement.Domain domain -> domain(domain);
      case PostureRequirement.Program(String path, List<String> digests) ->
          file(
              requirement,
              new FactName(FactKind.PROCESS_RUNNING, path),
              new FactName(FactKind.PROCESS_SHA256, path),
              digests,
              "does not run");
      case PostureRequirement.File(String path, List<String> digests) ->
          file(
              requirement,
              new FactName(FactKind.FILE_EXISTS, path),
              new FactName(FactKind.FILE_SHA256, path),
              digests,
              "does not exist");
      case PostureRequirement.ProtectedKey(String label) ->
          flag(
              requirement,
              new FactName(FactKind.PROTECTED_KEY, label),
              "is there",
              "is not there, or can leave its token");
    };
  }

  private static Finding finding(PostureRequirement requirement, Truth truth, String text) {
    return new Finding(requirement.kind(), truth, text);
  }

  /// A fact that is missing, or not of the type that its kind has.
  private Finding unknown(PostureRequirement requirement, FactName name) {
    @Nullable Fact fact = facts.get(name);
    String why =
        switch (fact) {
          case Fact.Missing(String reason) -> reason;
          case Fact.Flag flag -> "the report makes no sense";
          case Fact.Amount number -> "the report makes no sense";
          case Fact.Text text -> "the report makes no sense";
          case null -> "the device has not reported it";
        };
    return finding(requirement, Truth.UNKNOWN, name + " is not known (" + why + ")");
  }

  private Finding flag(PostureRequirement requirement, FactName name, String good, String bad) {
    return facts.get(name) instanceof Fact.Flag(boolean yes)
        ? finding(requirement, Truth.of(yes), name + " " + (yes ? good : bad))
        : unknown(requirement, name);
  }

  private Finding version(PostureRequirement requirement, FactName name, String least) {
    if (!(facts.get(name) instanceof Fact.Text(String version))) {
      return unknown(requirement, name);
    }
    Truth truth = Versions.atLeast(version, least);
    return finding(
        requirement,
        truth,
        name + " is " + version + (truth == Truth.TRUE ? "" : " (needed: " + least + ")"));
  }

  private Finding os(PostureRequirement.Os os) {
    FactName idName = FactName.of(FactKind.OS_ID);
    if (!(facts.get(idName) instanceof Fact.Text(String id))) {
      return unknown(os, idName);
    }
    String needed = os.anyOf().stream().map(Object::toString).collect(Collectors.joining(" or "));
    List<PostureRequirement.OsVersion> same =
        os.anyOf().stream().filter(each -> each.id().equals(id)).toList();
    if (same.isEmpty()) {
      return finding(os, Truth.FALSE, idName + " is " + id + " (needed: " + needed + ")");
    }
    if (same.stream().anyMatch(each -> each.least().isEmpty())) {
      return finding(os, Truth.TRUE, idName + " is " + id);
    }
    FactName versionName = FactName.of(FactKind.OS_VERSION);
    if (!(facts.get(versionName) instanceof Fact.Text(String version))) {
      return unknown(os, versionName);
    }
    Truth truth = Truth.FALSE;
    for (PostureRequirement.OsVersion each : same) {
      truth = truth.or(Versions.atLeast(version, each.least()));
    }
    String said = idName + " is " + id + " " + version;
    return finding(os, truth, truth == Truth.TRUE ? said : said + " (needed: " + needed + ")");
  }

  private Finding screenLock(PostureRequirement requirement, Duration within) {
    FactName name = FactName.of(FactKind.SCREEN_LOCK_SECONDS);
    if (!(facts.get(name) instanceof Fact.Amount(long seconds))) {
      return unknown(requirement, name);
    }
    if (seconds == 0) {
      return finding(requirement, Truth.FALSE, name + " is off");
    }
    boolean soon = seconds <= within.toSeconds();
    return finding(
        requirement,
        Truth.of(soon),
        name
            + " comes after "
            + seconds
            + " s"
            + (soon ? "" : " (needed: " + within.toSeconds() + " s)"));
  }

  private Finding domain(PostureRequirement.Domain domain) {
    Finding open = null;
    for (String each : domain.anyOf()) {
      FactName name = new FactName(FactKind.DOMAIN_MEMBER, each);
      if (!(facts.get(name) instanceof Fact.Flag(boolean member))) {
        open = unknown(domain, name);
      } else if (member) {
        return finding(domain, Truth.TRUE, "the device is a member of " + each);
      }
    }
    return open != null
        ? open
        : finding(
            domain,
            Truth.FALSE,
            "the device is no member of " + String.join(" or ", domain.anyOf()));
  }

  private Finding file(
      PostureRequirement requirement,
      FactName there,
      FactName digest,
      List<String> accepted,
      String absent) {
    if (!(facts.get(there) instanceof Fact.Flag(boolean yes))) {
      return unknown(requirement, there);
    }
    if (!yes) {
      return finding(requirement, Truth.FALSE, there + " " + absent);
    }
    if (accepted.isEmpty()) {
      return finding(requirement, Truth.TRUE, there + " is there");
    }
    if (!(facts.get(digest) instanceof Fact.Text(String digests)) || digests.isBlank()) {
      return unknown(requirement, digest);
    }
    boolean right = accepted.containsAll(Arrays.asList(digests.split(" ")));
    return finding(
        requirement,
        Truth.of(right),
        there + (right ? " is the right one" : " is another file than the ones accepted"));
  }
}
