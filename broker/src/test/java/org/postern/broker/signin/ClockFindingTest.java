package org.postern.broker.signin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is said of a provider's clock. */
final class ClockFindingTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  private static String of(String date) {
    ProviderClient.Finding finding = ClockFinding.of(date, NOW, Duration.ofSeconds(60));
    return finding.grade() + " " + finding.text();
  }

  @Test
  void clockIsGoodUpToTheSkewAndNamedBeyond() {
    assertThat(of("Sun, 22 Nov 2026 12:01:00 GMT")).startsWith("GOOD within 60 s");
    assertThat(of("Sun, 22 Nov 2026 12:01:01 GMT"))
        .startsWith("WRONG off by 61 s (at most 60).")
        .contains("Set both clocks by NTP");
    assertThat(of("Sun, 22 Nov 2026 11:00:00 GMT")).startsWith("WRONG off by 3600 s");
    assertThat(of("")).startsWith("WARNING its answers carry no date");
    assertThat(of("yesterday")).startsWith("WARNING cannot be compared");
  }
}
