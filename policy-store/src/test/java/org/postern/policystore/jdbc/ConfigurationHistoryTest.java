package org.postern.policystore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.yaml.PolicyWriter;

/** What the history keeps of each version, and for how long. */
class ConfigurationHistoryTest {
  private static final int PLENTY = 1_000_000;

  private final TestDatabase database = TestDatabase.fresh();
  private final PolicyStore store =
      new PolicyStore(
          database.source(), TestDatabase.REVERSING, InstantSource.system(), PolicyLimits.DEFAULT);
  private final ConfigurationHistory history = new ConfigurationHistory(database.source());

  @AfterEach
  void close() {
    database.close();
  }

  private String applied(int domains) {
    String names =
        IntStream.range(0, domains)
            .mapToObj("domain-%05d.internal"::formatted)
            .collect(Collectors.joining(", "));
    ApplyResult result =
        store.apply(TestDatabase.document("version: 1\ndomains: [" + names + "]\n"), "test", false);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return PolicyWriter.write(store.load());
  }

  private List<Boolean> restorable() {
    return history.list(Long.MAX_VALUE, 100).stream()
        .map(ConfigurationHistory.Version::restorable)
        .toList();
  }

  private void dropOld(int documents, long bytes) {
    new Database(database.source())
        .transaction(
            "drop old documents",
            connection -> {
              ConfigurationHistory.dropOld(connection, documents, bytes);
              return "";
            });
  }

  private long bytesKept() {
    return database.number("select sum(octet_length(packed)) from configuration_change");
  }

  @Test
  void oldestDocumentsGoFirstPastALimitOfBytesAndTheNewestTwoNever() {
    List<String> documents = IntStream.rangeClosed(1, 5).mapToObj(this::applied).toList();
    dropOld(PLENTY, bytesKept());
    assertThat(restorable()).containsExactly(true, true, true, true, true);
    dropOld(PLENTY, bytesKept() - 1);
    assertThat(restorable()).containsExactly(true, true, true, true, false);
    dropOld(PLENTY, 1);
    assertThat(restorable()).containsExactly(true, true, false, false, false);
    List<ConfigurationHistory.Version> versions = history.list(Long.MAX_VALUE, 2);
    assertThat(history.document(versions.getFirst().version())).hasValue(documents.getLast());
    assertThat(history.document(versions.getLast().version())).hasValue(documents.get(3));
  }

  @Test
  void oldestDocumentsGoFirstPastALimitOfVersions() {
    IntStream.rangeClosed(1, 4).forEach(this::applied);
    dropOld(3, Long.MAX_VALUE);
    assertThat(restorable()).containsExactly(true, true, true, false);
    dropOld(0, Long.MAX_VALUE);
    assertThat(restorable()).containsExactly(true, true, false, false);
  }

  @Test
  void documentsAreKeptCompressedAndComeBackWhole() {
    String document = applied(5_000);
    assertThat(bytesKept()).isLessThan(document.length() / 4);
    ConfigurationHistory.Version version = history.list(Long.MAX_VALUE, 1).getFirst();
    assertThat(history.document(version.version())).hasValue(document);
  }

  @Test
  void documentOfAVersionFromBeforeTheyWereCompressedComesBack() {
    applied(1);
    database.sql("update configuration_change set document = 'version: 1', packed = null");
    applied(2);
    assertThat(restorable()).containsExactly(true, true);
    ConfigurationHistory.Version oldest = history.list(Long.MAX_VALUE, 2).getLast();
    assertThat(history.document(oldest.version())).hasValue("version: 1");
  }

  @Test
  void changeOfManyThingsKeepsSomeLinesAndSaysHowManyMoreThereWere() {
    applied(ConfigurationHistory.CHANGE_LINES_MAX + 500);
    List<String> changes = history.list(Long.MAX_VALUE, 1).getFirst().changes();
    assertThat(changes).hasSize(ConfigurationHistory.CHANGE_LINES_MAX);
    assertThat(changes.getLast()).isEqualTo("and 501 more changes");
    assertThat(changes.getFirst()).contains("domain-00000.internal");
  }
}
