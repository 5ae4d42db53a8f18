package org.postern.policystore.posture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;
import org.postern.policystore.Truth;

class PostureEvaluationTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final FactName DISK = FactName.of(FactKind.DISK_ENCRYPTED);
  private static final FactName FIREWALL = FactName.of(FactKind.FIREWALL_ON);
  private static final Fact YES = new Fact.Flag(true);
  private static final Fact NO = new Fact.Flag(false);
  private static final Fact MISSING = new Fact.Missing("/sys/block cannot be read");
  private static final String DIGEST = "ab".repeat(32);

  private final PostureRequirement disk = new PostureRequirement.DiskEncrypted();
  private final PostureRequirement firewall = new PostureRequirement.FirewallOn();

  private static PostureProfile profile(Duration grace, PostureRequirement... requirements) {
    return new PostureProfile(
        "managed",
        List.of(Platform.LINUX),
        "",
        new PostureTerms(List.of(requirements), Duration.ofMinutes(10), grace));
  }

  private static PostureProfile profile(PostureRequirement... requirements) {
    return profile(Duration.ZERO, requirements);
  }

  private static DevicePosture said(Map<FactName, Fact> facts) {
    return new DevicePosture(new TreeMap<>(facts), NOW, Map.of());
  }

  private static ProfileResult evaluate(PostureProfile profile, Map<FactName, Fact> facts) {
    return PostureEvaluation.evaluate(profile, Platform.LINUX, said(facts), NOW);
  }

  private static Truth alone(PostureRequirement requirement, Map<FactName, Fact> facts) {
    return evaluate(profile(requirement), facts).result();
  }

  private static Fact fact(String word) {
    return switch (word) {
      case "yes" -> YES;
      case "no" -> NO;
      case "missing" -> MISSING;
      default -> new Fact.Text("maybe");
    };
  }

  @ParameterizedTest
  @CsvSource({
    "yes, yes, TRUE",
    "yes, no, FALSE",
    "yes, missing, UNKNOWN",
    "yes, absent, UNKNOWN",
    "yes, wrong-type, UNKNOWN",
    "no, no, FALSE",
    "no, missing, FALSE",
    "no, absent, FALSE",
    "missing, missing, UNKNOWN",
    "absent, absent, UNKNOWN",
  })
  void allRequirementsMustHoldAndWhatIsMissingIsUnknown(String one, String other, Truth expected) {
    SortedMap<FactName, Fact> facts = new TreeMap<>();
    if (!one.equals("absent")) {
      facts.put(DISK, fact(one));
    }
    if (!other.equals("absent")) {
      facts.put(FIREWALL, fact(other));
    }
    assertThat(evaluate(profile(disk, firewall), facts).result()).isEqualTo(expected);
  }

  @Test
  void whatIsWrongIsSaidInWords() {
    ProfileResult result = evaluate(profile(disk, firewall), Map.of(DISK, NO, FIREWALL, MISSING));
    assertThat(result.why()).isEqualTo("disk encryption is off");
    assertThat(evaluate(profile(disk), Map.of(DISK, MISSING)).why())
        .isEqualTo("disk encryption is not known (/sys/block cannot be read)");
    assertThat(evaluate(profile(disk), Map.of()).why())
        .isEqualTo("disk encryption is not known (the device has not reported it)");
  }

  @Test
  void profileIsUnknownWithoutReportPlatformOrRequirements() {
    PostureProfile good = profile(disk);
    DevicePosture posture = said(Map.of(DISK, YES));
    assertThat(PostureEvaluation.evaluate(good, Platform.LINUX, posture, NOW).result())
        .isEqualTo(Truth.TRUE);
    assertThat(PostureEvaluation.evaluate(good, Platform.LINUX, null, NOW).result())
        .isEqualTo(Truth.UNKNOWN);
    assertThat(PostureEvaluation.evaluate(good, Platform.WINDOWS, posture, NOW).result())
        .isEqualTo(Truth.UNKNOWN);
    assertThat(PostureEvaluation.evaluate(good, null, posture, NOW).result())
        .isEqualTo(Truth.UNKNOWN);
    assertThat(evaluate(profile(), Map.of(DISK, YES)).result()).isEqualTo(Truth.UNKNOWN);
  }

  @Test
  void reportThatIsTooOldIsNoReport() {
    DevicePosture posture = said(Map.of(DISK, YES));
    ProfileResult fresh =
        PostureEvaluation.evaluate(
            profile(disk), Platform.LINUX, posture, NOW.plusSeconds(10 * 60 - 1));
    assertThat(fresh.result()).isEqualTo(Truth.TRUE);
    assertThat(fresh.until()).isEqualTo(NOW.plusSeconds(600));
    ProfileResult stale =
        PostureEvaluation.evaluate(
            profile(disk), Platform.LINUX, posture, NOW.plusSeconds(10 * 60));
    assertThat(stale.result()).isEqualTo(Truth.UNKNOWN);
    assertThat(stale.why()).contains("the last report is of");
  }

  @Test
  void graceKeepsWhatWasTrueForAWhileAndNeverBridgesUnknown() {
    PostureProfile graceful = profile(Duration.ofMinutes(5), disk, firewall);
    List<PostureProfile> all = List.of(graceful);
    DevicePosture good = said(Map.of(DISK, YES, FIREWALL, YES));
    Instant turned = NOW.plusSeconds(60);
    DevicePosture bad =
        PostureEvaluation.after(
            good, new TreeMap<>(Map.of(DISK, NO, FIREWALL, YES)), all, Platform.LINUX, turned);
    ProfileResult inGrace =
        PostureEvaluation.evaluate(graceful, Platform.LINUX, bad, turned.plusSeconds(299));
    assertThat(inGrace.result()).isEqualTo(Truth.TRUE);
    assertThat(inGrace.inGrace()).isTrue();
    assertThat(inGrace.why()).isEqualTo("disk encryption is off");
    assertThat(inGrace.until()).isEqualTo(turned.plusSeconds(300));

    // A second report in between does not begin the grace anew.
    DevicePosture again =
        PostureEvaluation.after(bad, bad.facts(), all, Platform.LINUX, turned.plusSeconds(200));
    assertThat(
            PostureEvaluation.evaluate(graceful, Platform.LINUX, again, turned.plusSeconds(300))
                .result())
        .isEqualTo(Truth.FALSE);

    DevicePosture partly =
        PostureEvaluation.after(
            good, new TreeMap<>(Map.of(DISK, NO, FIREWALL, MISSING)), all, Platform.LINUX, turned);
    assertThat(PostureEvaluation.evaluate(graceful, Platform.LINUX, partly, turned).result())
        .isEqualTo(Truth.FALSE);
    assertThat(PostureEvaluation.evaluate(profile(disk), Platform.LINUX, bad, turned).result())
        .as("without grace")
        .isEqualTo(Truth.FALSE);
  }

  @Test
  void operatingSystemsAndVersionsAreCompared() {
    PostureRequirement os =
        new PostureRequirement.Os(
            List.of(
                new PostureRequirement.OsVersion("debian", "12"),
                new PostureRequirement.OsVersion("ubuntu", "22.04"),
                new PostureRequirement.OsVersion("arch", "")));
    FactName id = FactName.of(FactKind.OS_ID);
    FactName version = FactName.of(FactKind.OS_VERSION);
    assertThat(alone(os, Map.of(id, text("debian"), version, text("12")))).isEqualTo(Truth.TRUE);
    assertThat(alone(os, Map.of(id, text("debian"), version, text("9")))).isEqualTo(Truth.FALSE);
    assertThat(alone(os, Map.of(id, text("ubuntu"), version, text("22.10")))).isEqualTo(Truth.TRUE);
    assertThat(alone(os, Map.of(id, text("fedora"), version, text("99")))).isEqualTo(Truth.FALSE);
    assertThat(alone(os, Map.of(id, text("arch")))).isEqualTo(Truth.TRUE);
    assertThat(alone(os, Map.of(id, text("debian")))).isEqualTo(Truth.UNKNOWN);
    assertThat(alone(os, Map.of(id, text("debian"), version, text("sid"))))
        .isEqualTo(Truth.UNKNOWN);
    assertThat(alone(os, Map.of())).isEqualTo(Truth.UNKNOWN);

    FactName kernel = FactName.of(FactKind.KERNEL);
    PostureRequirement six = new PostureRequirement.Kernel("6.1.20");
    assertThat(alone(six, Map.of(kernel, text("6.1.0-18-amd64")))).isEqualTo(Truth.FALSE);
    assertThat(alone(six, Map.of(kernel, text("6.1.100+rpt")))).isEqualTo(Truth.TRUE);
    assertThat(alone(six, Map.of(kernel, text("10.0")))).isEqualTo(Truth.TRUE);
    assertThat(alone(six, Map.of(kernel, text("custom")))).isEqualTo(Truth.UNKNOWN);
  }

  private static Fact text(String value) {
    return new Fact.Text(value);
  }

  @Test
  void filesProcessesDomainsAndScreenLocksAreCompared() {
    PostureRequirement process = new PostureRequirement.Program("/opt/edr", List.of(DIGEST));
    FactName runs = new FactName(FactKind.PROCESS_RUNNING, "/opt/edr");
    FactName digest = new FactName(FactKind.PROCESS_SHA256, "/opt/edr");
    assertThat(alone(process, Map.of(runs, YES, digest, text(DIGEST)))).isEqualTo(Truth.TRUE);
    assertThat(alone(process, Map.of(runs, YES, digest, text(DIGEST + " " + "cd".repeat(32)))))
        .as("one of two running copies is another program")
        .isEqualTo(Truth.FALSE);
    assertThat(alone(process, Map.of(runs, YES))).isEqualTo(Truth.UNKNOWN);
    assertThat(alone(process, Map.of(runs, YES, digest, text("")))).isEqualTo(Truth.UNKNOWN);
    assertThat(alone(process, Map.of(runs, NO))).isEqualTo(Truth.FALSE);
    assertThat(alone(process, Map.of())).isEqualTo(Truth.UNKNOWN);

    PostureRequirement domain = new PostureRequirement.Domain(List.of("a.example", "b.example"));
    FactName inA = new FactName(FactKind.DOMAIN_MEMBER, "a.example");
    FactName inB = new FactName(FactKind.DOMAIN_MEMBER, "b.example");
    assertThat(alone(domain, Map.of(inA, NO, inB, YES))).isEqualTo(Truth.TRUE);
    assertThat(alone(domain, Map.of(inA, NO, inB, NO))).isEqualTo(Truth.FALSE);
    assertThat(alone(domain, Map.of(inA, NO, inB, MISSING))).isEqualTo(Truth.UNKNOWN);

    PostureRequirement lock = new PostureRequirement.ScreenLock(Duration.ofMinutes(5));
    FactName seconds = FactName.of(FactKind.SCREEN_LOCK_SECONDS);
    assertThat(alone(lock, Map.of(seconds, new Fact.Amount(300)))).isEqualTo(Truth.TRUE);
    assertThat(alone(lock, Map.of(seconds, new Fact.Amount(301)))).isEqualTo(Truth.FALSE);
    assertThat(alone(lock, Map.of(seconds, new Fact.Amount(0)))).isEqualTo(Truth.FALSE);
    assertThat(alone(lock, Map.of(seconds, MISSING))).isEqualTo(Truth.UNKNOWN);
  }

  @Test
  void losingAFactNeverMakesAProfileTrue() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<FactName> names = List.of(DISK, FIREWALL, FactName.of(FactKind.KERNEL));
    PostureProfile all = profile(disk, firewall, new PostureRequirement.Kernel("6"));
    for (int round = 0; round < 2_000; round++) {
      SortedMap<FactName, Fact> facts = new TreeMap<>();
      for (FactName name : names) {
        Fact some =
            List.of(YES, NO, MISSING, text("6.1"), text("5"), new Fact.Amount(1))
                .get(random.nextInt(6));
        facts.put(name, some);
      }
      Truth full = evaluate(all, facts).result();
      FactName lost = names.get(random.nextInt(3));
      facts.remove(lost);
      Truth less = evaluate(all, facts).result();
      assertThat(less).as("seed %d, round %d", seed, round).isNotEqualTo(Truth.TRUE);
      if (full == Truth.TRUE) {
        assertThat(less).as("seed %d", seed).isEqualTo(Truth.UNKNOWN);
      }
    }
  }

  @Test
  void onlyProfilesOfThePlatformAskQuestions() {
    PostureProfile linux =
        profile(
            new PostureRequirement.File("/etc/managed", List.of()),
            new PostureRequirement.Program("/opt/edr", List.of(DIGEST)));
    PostureProfile windows =
        new PostureProfile(
            "win",
            List.of(Platform.WINDOWS),
            "",
            new PostureTerms(
                List.of(new PostureRequirement.File("/c", List.of())),
                Duration.ofMinutes(10),
                Duration.ZERO));
    assertThat(PostureEvaluation.questions(List.of(linux, windows), Platform.LINUX))
        .containsExactly(
            new FactName(FactKind.PROCESS_RUNNING, "/opt/edr"),
            new FactName(FactKind.PROCESS_SHA256, "/opt/edr"),
            new FactName(FactKind.FILE_EXISTS, "/etc/managed"));
    assertThat(PostureEvaluation.questions(List.of(linux), null)).isEmpty();
  }
}
