package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.audit.AuditQuery;
import org.postern.policystore.audit.AuditVerdict;
import org.postern.policystore.audit.ChangeSummary;

/// What the audit log says of a change of many things.
class PolicyAuditTest {
  private static final int GROUPS = 1_500;

  private final TestDatabase database = TestDatabase.fresh();
  private final AuditTrail trail =
      new AuditTrail(
          database.source(), TestDatabase.REVERSING, new SecureRandom(), InstantSource.system());
  private final PolicyStore policy =
      new PolicyStore(
          database.source(), TestDatabase.REVERSING, InstantSource.system(), PolicyLimits.DEFAULT);

  @AfterEach
  void close() {
    database.close();
  }

  private Map<String, String> newest() {
    return trail.list(AuditQuery.newest(1)).getFirst().event().after();
  }

  private static String group(int number) {
    return "group-%04d-%s".formatted(number, "x".repeat(40));
  }

  private static String digest(List<String> lines) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256")
                .digest(String.join("\n", lines).getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void fewChangesAreAllNamed() throws Exception {
    policy.apply(
        TestDatabase.document("version: 1\nconnectorGroups: [{name: a}, {name: b}]\n"),
        "carol",
        false);
    List<String> lines = List.of("connector group a: added", "connector group b: added");
    assertThat(newest())
        .containsEntry("changes", "connector group a: added; connector group b: added")
        .containsEntry("count", "2")
        .containsEntry("counts", "2 added")
        .containsEntry("digest", digest(lines));
  }

  @Test
  void entryOfManyChangesSaysHowManyItLeavesOutAndWhereTheyAre() throws Exception {
    StringBuilder text = new StringBuilder("version: 1\nconnectorGroups:\n");
    IntStream.range(0, GROUPS)
        .forEach(i -> text.append("  - name: ").append(group(i)).append("\n"));
    ApplyResult.Applied applied =
        (ApplyResult.Applied) policy.apply(TestDatabase.document(text.toString()), "carol", false);
    List<String> lines =
        IntStream.range(0, GROUPS)
            .mapToObj(i -> "connector group " + group(i) + ": added")
            .toList();
    Map<String, String> entry = newest();
    String changes = entry.getOrDefault("changes", "");
    assertThat(entry).containsEntry("count", "1500").containsEntry("digest", digest(lines));
    assertThat(changes.length()).isLessThan(ChangeSummary.CHARACTERS_MAX + 200);
    int named = changes.split("added", -1).length - 1;
    assertThat(named).isBetween(50, ChangeSummary.CHANGES_MAX);
    assertThat(changes)
        .startsWith(lines.getFirst() + "; " + lines.get(1))
        .contains(
            "; and %d more; all of them: postern admin history %d"
                .formatted(GROUPS - named, applied.configurationVersion()));
    assertThat(new ConfigurationHistory(database.source()).document(applied.configurationVersion()))
        .hasValueSatisfying(document ->
            IntStream.range(0, GROUPS)
                .forEach(i -> assertThat(document).contains("name: " + group(i) + "\n")));
    assertThat(trail.verify(null)).isInstanceOf(AuditVerdict.Intact.class);
  }
}
