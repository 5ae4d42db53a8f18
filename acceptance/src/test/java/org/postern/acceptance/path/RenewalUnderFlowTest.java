package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.Target;
import org.postern.identity.Credential;
import org.postern.identity.SpiffeId;

/** Certificates change under a flow that carries bytes; the clock is moved, nothing waits. */
final class RenewalUnderFlowTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * Life of the certificates of devices and connectors here; half of it is over with {@link #LATE}.
   */
  private static final Duration LIFE = Duration.ofMinutes(20);

  private static final Duration LATE = Duration.ofMinutes(12);

  @TempDir private Path directory;
  private final TestClock clock = new TestClock();
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;
  private long rounds;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()), clock, LIFE);
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.owns("echo.corp.internal"));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
    clock.close();
  }

  private Program connect() throws Exception {
    return Program.connect(device, new Target("echo.corp.internal", echo.port()));
  }

  /**
   * Each round has bytes of its own: one lost, doubled or swapped shows in this one or the next.
   */
  private void carry(Program program) throws Exception {
    String block = "round %012d of the flow;".formatted(rounds++).repeat(1_000);
    assertThat(program.ask(block)).isEqualTo(block);
  }

  private Credential current(String id) {
    return Objects.requireNonNull(all.identities.get(id)).credential();
  }

  @Test
  void flowLivesOnPastTheOldCertificatesAndNewConnectionsUseTheNewOnes() throws Exception {
    Instant start = clock.instant();
    Credential oldDevice = current("d1");
    Credential oldConnector = current("c1");
    try (Program program = connect()) {
      carry(program);
      clock.standAt(start.plus(LATE));
      await()
          .atMost(PATIENCE)
          .until(() -> {
            carry(program);
            return current("d1").notAfter().isAfter(oldDevice.notAfter())
                && current("c1").notAfter().isAfter(oldConnector.notAfter());
          });
      assertThat(current("d1").id()).isEqualTo(oldDevice.id());
      assertThat(current("c1").id()).isEqualTo(oldConnector.id());

      clock.standAt(oldDevice.notAfter().plusSeconds(60));
      assertThat(oldConnector.isExpired(clock.instant())).isTrue();
      assertThat(all.raw(oldDevice).dialled().isSuccess())
          .as("the old certificate opens nothing any more")
          .isFalse();
      carry(program);
      assertThat(all.liveFlows()).as("the same flow, never cut").isEqualTo(1);

      // Every connection is made anew: with the old certificates there would be none.
      all.restartBroker(Duration.ZERO);
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(() -> {
            try (Program next = connect()) {
              assertThat(next.ask("next")).isEqualTo("next");
            }
          });
      carry(program);
      assertThat(
              all.raw(new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d1")).dialled().isSuccess())
          .as("a valid certificate of the same device")
          .isTrue();
    }
  }
}
