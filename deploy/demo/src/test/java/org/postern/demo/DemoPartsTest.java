package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.yaml.PolicyParser;

final class DemoPartsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir private Path folder = Path.of(".");

  @Test
  void bothPoliciesAreWithoutMistakes() {
    for (boolean loopback : new boolean[] {false, true}) {
      Layout layout = Layout.namespaces();
      for (String document :
          List.of(Policy.open(layout, loopback), Policy.withoutRule(layout, loopback))) {
        assertThat(new PolicyParser(PolicyLimits.DEFAULT).parse(document))
            .isInstanceOf(PolicyParser.Result.Parsed.class);
      }
    }
  }

  @Test
  void hashesOfBothEndsAgreeAndAnotherSeedsDoNot() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String sent = BulkStream.write(5, 300_001, out);
    BulkStream.Read read = BulkStream.read(new ByteArrayInputStream(out.toByteArray()));
    assertThat(read).isEqualTo(new BulkStream.Read(300_001, sent));
    assertThat(BulkStream.write(6, 300_001, new ByteArrayOutputStream())).isNotEqualTo(sent);
  }

  @Test
  void onlyListeningSocketsCount() throws Exception {
    Path file = folder.resolve("tcp");
    Files.writeString(
        file,
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
           1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
        """);
    assertThat(Tools.listeners(file)).containsExactly("0100007F:1F90 inode 4711");
  }

  @Test
  void programIsReadLineByLineAndItsEndIsNoticed() throws Exception {
    Program program =
        Program.start(
            new Program.Order(
                "speaker",
                List.of("sh", "-c", "echo one; echo $WORD; exit 3"),
                Map.of("WORD", "two")),
            folder);
    assertThat(program.awaitLine("two", LIMIT, "two"::equals)).isEqualTo("two");
    assertThat(program.awaitExit(LIMIT)).isEqualTo(3);
    assertThat(program.output()).containsExactly("one", "two");
    assertThatThrownBy(() -> program.awaitLine("three", LIMIT, "three"::equals))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("speaker ended before it said three");
  }

  @Test
  void closedProgramIsGone() throws Exception {
    Program program =
        Program.start(new Program.Order("sleeper", List.of("sleep", "600"), Map.of()), folder);
    program.close();
    assertThat(program.awaitExit(LIMIT)).isNotZero();
  }

  @Test
  void waitingEndsWithTheLastReasonWhenTheTimeIsOver() {
    AtomicLong now = new AtomicLong();
    Await await = new Await(() -> now.addAndGet(Duration.ofSeconds(1).toNanos()));
    assertThatThrownBy(() ->
            await.untilTrue(
                "the sun shines",
                Duration.ofSeconds(3),
                () -> {
                  throw new DemoException("it rains");
                }))
        .isInstanceOf(DemoException.class)
        .hasMessageContaining("the sun shines")
        .hasMessageContaining("it rains");
  }
}
