package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Platform;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;
import org.postern.policystore.SecretSealer;
import org.postern.policystore.UserRecord;
import org.postern.policystore.posture.DevicePosture;
import org.postern.policystore.posture.Fact;
import org.postern.policystore.posture.FactKind;
import org.postern.policystore.posture.FactName;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyParser;
import org.postern.policystore.yaml.PolicyWriter;

class PostureStoreTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final String DOCUMENT =
      """
      version: 1
      postureProfiles:
        - name: managed-laptop
          platforms: [linux]
          description: "A laptop of ours"
          os: [debian 12, "ubuntu 22.04"]
          kernelAtLeast: "6.1"
          clientAtLeast: "0.1"
          diskEncrypted: true
          firewallOn: true
          screenLockWithin: 10m
          joinedTo: [corp.internal]
          processes: [{path: /opt/edr/agent, sha256: [%s]}]
          files: [{path: /etc/managed}]
          protectedKeys: [Device Key]
          maxAge: 1h
          grace: 5m
      """
          .formatted("AB".repeat(32));

  private final TestDatabase database = TestDatabase.fresh();
  private final PolicyStore store =
      new PolicyStore(database.source(), new InTheOpen(), () -> NOW, PolicyLimits.DEFAULT);

  private record InTheOpen() implements SecretSealer {
    @Override
    public byte[] seal(byte[] plain, String context) {
      return plain;
    }

    @Override
    public byte[] open(byte[] sealed, String context) {
      return sealed;
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static PolicyDocument parse(String text) {
    return switch (new PolicyParser(PolicyLimits.DEFAULT).parse(text)) {
      case PolicyParser.Result.Parsed(PolicyDocument document) -> document;
      case PolicyParser.Result.Failed invalid -> throw new AssertionError(invalid.errors());
    };
  }

  @Test
  void profileComesBackFromTheDatabaseAsItWasWritten() {
    long before = store.version();
    store.apply(parse(DOCUMENT), "alice", false);
    PostureProfile expected =
        new PostureProfile(
            "managed-laptop",
            List.of(Platform.LINUX),
            "A laptop of ours",
            new PostureTerms(
                List.of(
                    new PostureRequirement.Os(
                        List.of(
                            new PostureRequirement.OsVersion("debian", "12"),
                            new PostureRequirement.OsVersion("ubuntu", "22.04"))),
                    new PostureRequirement.Kernel("6.1"),
                    new PostureRequirement.Client("0.1"),
                    new PostureRequirement.DiskEncrypted(),
                    new PostureRequirement.FirewallOn(),
                    new PostureRequirement.ScreenLock(Duration.ofMinutes(10)),
                    new PostureRequirement.Domain(List.of("corp.internal")),
                    new PostureRequirement.Program("/opt/edr/agent", List.of("ab".repeat(32))),
                    new PostureRequirement.File("/etc/managed", List.of()),
                    new PostureRequirement.ProtectedKey("Device Key")),
                Duration.ofHours(1),
                Duration.ofMinutes(5)));
    assertThat(store.load().postureProfiles()).containsExactly(expected);
    assertThat(store.version()).isGreaterThan(before);

    String written = PolicyWriter.write(store.load());
    long after = store.version();
    assertThat(store.apply(parse(written), "alice", false))
        .isInstanceOfSatisfying(
            ApplyResult.Applied.class, applied -> assertThat(applied.changes()).isEmpty());
    assertThat(store.version()).isEqualTo(after);

    store.apply(parse(DOCUMENT.replace("grace: 5m", "grace: 6m")), "alice", false);
    assertThat(store.load().postureProfiles().getFirst().terms().grace())
        .isEqualTo(Duration.ofMinutes(6));
    store.apply(parse("{version: 1, postureProfiles: []}"), "alice", false);
    assertThat(store.load().postureProfiles()).isEmpty();
  }

  @Test
  void latestReportOfADeviceIsKept() {
    SecureRandom random = new SecureRandom();
    UserRecord user =
        new Users(database.source(), random, () -> NOW)
            .signIn("corp", "sub-1", "alice@example.com", "Alice", List.of());
    Devices devices = new Devices(database.source(), random, () -> NOW, 3);
    String device =
        ((Devices.Registration.Registered)
                devices.register(user.id(), "laptop", "linux-x86_64", "f".repeat(64)))
            .device()
            .id();
    PostureReports reports = new PostureReports(database.source());
    assertThat(reports.find(device)).isEmpty();
    long version = store.version();
    DevicePosture first =
        new DevicePosture(
            new TreeMap<>(
                Map.of(
                    FactName.of(FactKind.DISK_ENCRYPTED),
                    new Fact.Flag(true),
                    FactName.of(FactKind.KERNEL),
                    new Fact.Text("6.1"),
                    FactName.of(FactKind.SCREEN_LOCK_SECONDS),
                    new Fact.Amount(300),
                    new FactName(FactKind.FILE_EXISTS, "/etc/x"),
                    new Fact.Missing("no access"))),
            NOW,
            Map.of("managed-laptop", NOW.minusSeconds(5)));
    reports.save(device, first);
    assertThat(reports.find(device)).contains(first);

    reports.confirmed(device, NOW.plusSeconds(60));
    assertThat(reports.find(device).orElseThrow().receivedAt()).isEqualTo(NOW.plusSeconds(60));

    DevicePosture older = new DevicePosture(new TreeMap<>(), NOW, Map.of());
    reports.save(device, older);
    assertThat(reports.find(device).orElseThrow().facts()).as("an older one").hasSize(4);

    DevicePosture newer = new DevicePosture(new TreeMap<>(), NOW.plusSeconds(61), Map.of());
    reports.save(device, newer);
    assertThat(reports.find(device)).contains(newer);
    assertThat(store.version()).as("a report is no change of policy").isEqualTo(version);
  }
}
