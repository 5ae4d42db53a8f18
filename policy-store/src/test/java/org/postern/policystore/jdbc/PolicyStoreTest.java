package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.AccessRule;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.SyntheticPolicy;
import org.postern.policystore.yaml.PolicyDocument;
import org.postern.policystore.yaml.PolicyWriter;

class PolicyStoreTest {
  static final String WHOLE =
      """
      version: 1
      domains: [corp.internal]
      connectorGroups: [{name: vpc-a}, {name: vpc-b}]
      applications:
        - name: payments
          hosts: [payments.corp.internal, "*.pay.corp.internal", 10.20.0.0/16]
          tcp: [443, 8000-8100]
          udp: [53]
          connectorGroups: [vpc-a]
          idleTimeout: 30m
          maxAge: 12h
          lanePerFlow: true
        - {name: wiki, hosts: [wiki.corp.internal], tcp: [80], connectorGroups: [vpc-b, vpc-a]}
      groups: [{name: staff, members: [alice@example.com, bob@example.com]}, {name: ops}]
      rules:
        - {name: no-bob, action: deny, applications: [payments], users: [bob@example.com]}
        - {name: staff, action: allow, applications: [payments, wiki], groups: [staff]}
        - {name: all, action: allow, applications: [wiki], anyone: true}
      identityProviders:
        - {name: corp, issuer: "https://idp.example.com", clientId: postern, clientSecret: s3cret,
           domains: [example.com]}
      """;

  private final TestDatabase database = TestDatabase.fresh();
  private PolicyStore store;

  @BeforeEach
  void open() {
    store =
        new PolicyStore(
            database.source(),
            TestDatabase.REVERSING,
            InstantSource.system(),
            PolicyLimits.DEFAULT);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private ApplyResult.Applied apply(String yaml) {
    ApplyResult result = store.apply(TestDatabase.document(yaml), "test", false);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return (ApplyResult.Applied) result;
  }

  @Test
  void appliedDocumentIsReadBackAsItWasWritten() {
    ApplyResult.Applied applied = apply(WHOLE);
    assertThat(applied.changes())
        .contains(
            "application payments: added", "rule staff: added", "domain corp.internal: added");
    PolicyConfiguration wanted = TestDatabase.document(WHOLE).over(PolicyConfiguration.EMPTY);
    PolicyConfiguration stored = store.load();
    assertThat(stored.applications()).isEqualTo(wanted.applications());
    assertThat(stored.rules()).isEqualTo(wanted.rules());
    assertThat(stored.groups()).isEqualTo(wanted.groups());
    assertThat(stored.connectorGroups()).isEqualTo(wanted.connectorGroups());
    assertThat(stored.domains()).isEqualTo(wanted.domains());
    assertThat(stored.identityProviders()).hasSize(1);
  }

  @Test
  void secondApplyChangesNothingAndLeavesTheVersion() {
    long version = apply(WHOLE).version();
    ApplyResult.Applied again = apply(WHOLE);
    assertThat(again.changes()).isEmpty();
    assertThat(again.version()).isEqualTo(version);
    assertThat(database.number("select count(*) from configuration_change")).isOne();
  }

  @Test
  void whatGetWritesCanBeAppliedAndChangesNothing() {
    long version = apply(WHOLE).version();
    String canonical = PolicyWriter.write(store.load());
    assertThat(canonical).doesNotContain("s3cret").contains("clientSecretKept: true");
    ApplyResult.Applied again = apply(canonical);
    assertThat(again.changes()).isEmpty();
    assertThat(again.version()).isEqualTo(version);
    assertThat(secret()).isEqualTo("s3cret");
  }

  private String secret() {
    return new ClientSecrets(database.source(), TestDatabase.REVERSING, name -> null)
        .of("corp")
        .orElseThrow();
  }

  @Test
  void secretIsSealedInTheTable() {
    apply(WHOLE);
    assertThat(
            database.number(
                "select count(*) from identity_provider where position('s3cret'::bytea in"
                    + " secret_sealed) > 0"))
        .isZero();
    apply(WHOLE.replace("s3cret", "n3w"));
    assertThat(secret()).isEqualTo("n3w");
  }

  @Test
  void dryRunSaysWhatWouldChangeAndChangesNothing() {
    long version = store.version();
    ApplyResult result = store.apply(TestDatabase.document(WHOLE), "test", true);
    assertThat(result)
        .isInstanceOfSatisfying(
            ApplyResult.Applied.class,
            applied -> {
              assertThat(applied.changes()).contains("application wiki: added");
              assertThat(applied.version()).isEqualTo(version);
            });
    assertThat(store.load()).isEqualTo(PolicyConfiguration.EMPTY);
  }

  @Test
  void kindThatIsNotNamedStaysAndKindThatIsNamedIsReplaced() {
    apply(WHOLE);
    ApplyResult.Applied applied =
        apply(
            """
            version: 1
            rules:
              - {name: all, action: deny, applications: [wiki], anyone: true}
            """);
    assertThat(applied.changes())
        .containsExactly("rule no-bob: removed", "rule staff: removed", "rule all: changed");
    assertThat(store.load().applications()).hasSize(2);
    assertThat(store.load().rules())
        .singleElement()
        .extracting(AccessRule::action)
        .isEqualTo(AccessRule.Action.DENY);
  }

  @Test
  void changedApplicationKeepsTheRulesThatNameIt() {
    apply(WHOLE);
    ApplyResult.Applied applied = apply(WHOLE.replace("8000-8100", "9000-9100"));
    assertThat(applied.changes()).containsExactly("application payments: changed");
    assertThat(store.load().rules()).hasSize(3);
    assertThat(apply(WHOLE.replace("8000-8100", "9000-9100")).changes()).isEmpty();
  }

  @Test
  void reorderedRulesAreStoredInTheNewOrder() {
    apply(WHOLE);
    String reordered =
        """
        version: 1
        rules:
          - {name: all, action: allow, applications: [wiki], anyone: true}
          - {name: staff, action: allow, applications: [payments, wiki], groups: [staff]}
          - {name: no-bob, action: deny, applications: [payments], users: [bob@example.com]}
        """;
    assertThat(apply(reordered).changes()).containsExactly("rules: new order");
    assertThat(store.load().rules())
        .extracting(AccessRule::name)
        .containsExactly("all", "staff", "no-bob");
  }

  @Test
  void documentThatLeavesARuleWithoutItsApplicationIsRefused() {
    apply(WHOLE);
    long version = store.version();
    ApplyResult result =
        store.apply(TestDatabase.document("version: 1\napplications: []\n"), "test", false);
    assertThat(result)
        .isInstanceOfSatisfying(
            ApplyResult.Refused.class,
            refused ->
                assertThat(refused.errors().toString())
                    .contains("application \"payments\" is missing here")
                    .contains("rule \"staff\""));
    assertThat(store.version()).isEqualTo(version);
    assertThat(store.load().applications()).hasSize(2);
  }

  @Test
  void keptSecretThatIsNotStoredIsRefused() {
    ApplyResult result =
        store.apply(
            TestDatabase.document(
                """
                version: 1
                identityProviders:
                  - {name: corp, issuer: "https://idp", clientId: x, clientSecretKept: true}
                """),
            "test",
            false);
    assertThat(result)
        .isInstanceOfSatisfying(
            ApplyResult.Refused.class,
            refused ->
                assertThat(refused.errors().getFirst().message()).contains("no client secret"));
  }

  @Test
  void twoAppliesAtOnceStandInLineAndOneOfThemChanges() throws Exception {
    AtomicInteger changed = new AtomicInteger();
    List<Long> versions =
        RunTogether.times(
            4,
            () -> {
              ApplyResult.Applied applied = apply(WHOLE);
              changed.addAndGet(applied.changes().isEmpty() ? 0 : 1);
              return applied.version();
            });
    assertThat(changed).hasValue(1);
    assertThat(versions).containsOnly(store.version());
  }

  @Test
  void applyMovesTheVersionOnceHoweverMuchItChanges() {
    long version = store.version();
    assertThat(apply(WHOLE).version()).isEqualTo(version + 1);
    assertThat(store.version()).isEqualTo(version + 1);
  }

  @Test
  void largePolicyIsAppliedAndReadInSeconds() {
    String yaml =
        PolicyWriter.write(SyntheticPolicy.configuration(SyntheticPolicy.Size.LARGE, 20260301));
    long start = System.nanoTime();
    PolicyDocument document = TestDatabase.document(yaml);
    long parsed = System.nanoTime();
    assertThat(store.apply(document, "test", false)).isInstanceOf(ApplyResult.Applied.class);
    long applied = System.nanoTime();
    try (SnapshotStore snapshots =
        SnapshotStore.start(database.source(), SnapshotStore.Settings.DEFAULT)) {
      long read = System.nanoTime();
      System.out.printf(
          "10,000 applications, 2,000 rules: %d bytes parsed in %d ms, applied in %d ms, snapshot"
              + " read and built in %d ms%n",
          yaml.length(),
          (parsed - start) / 1_000_000,
          (applied - parsed) / 1_000_000,
          (read - applied) / 1_000_000);
      // Compared as a truth: the difference of two such texts is no message.
      assertThat(
              snapshots.current().configuration().equals(document.over(PolicyConfiguration.EMPTY)))
          .isTrue();
    }
    assertThat(apply(yaml).changes()).isEmpty();
    // Generous: the machine may be shared. A statement per row would take minutes.
    assertThat((applied - start) / 1_000_000_000).isLessThan(120);
  }
}
