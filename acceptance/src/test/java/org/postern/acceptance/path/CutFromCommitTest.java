package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.acceptance.bench.cutting.CutTrial;

/**
 * A thousand live flows through a whole broker with its database, for each cause that may end them,
 * said at the door where it is said in earnest. How fast, {@code ./bench cut} tells.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CutFromCommitTest {
  private static final int FLOWS = 1_000;

  /** For a machine that does ten other things; the promise is a second. */
  private static final double MILLIS_MAX = 60_000;

  @TempDir private static Path folder;
  private CutTrial trial;

  @BeforeAll
  void start() throws Exception {
    trial = new CutTrial(folder, Path.of("target/postgres-programs"), FLOWS);
  }

  @AfterAll
  void stop() throws Exception {
    trial.close();
  }

  @ParameterizedTest
  @CsvSource({
    "SCIM_INACTIVE, USER_DISABLED, USER_DISABLED",
    "SIGNAL, SESSION_REVOKED, SESSION_REVOKED",
    "REVOKED, SESSION_REVOKED, SESSION_REVOKED",
    "QUARANTINED, DEVICE_REVOKED, DEVICE_REVOKED",
    "POSTURE, POLICY_POSTURE, ''",
    "AGE, POLICY_STEP_UP, ''"
  })
  void everyFlowEndsAndStatusSaysWhy(CutTrial.Cause cause, String reason, String linkReason)
      throws Exception {
    CutTrial.Result result = trial.cut(cause);
    System.out.printf(
        "%s: end p50 %.0f ms, p99 %.0f ms, last %.0f ms%n",
        cause, result.millisAt(0.5), result.millisAt(0.99), result.millisAt(1));
    assertThat(result.millis()).hasSize(FLOWS);
    assertThat(result.millis().getFirst()).as("nothing ends before its cause").isPositive();
    assertThat(result.millisAt(1)).isLessThan(MILLIS_MAX);
    assertThat(result.reasons()).isEqualTo(Set.of(reason));
    assertThat(result.linkReason()).isEqualTo(linkReason);
    assertThat(result.bystanders()).as("flows of somebody else").isZero();
  }
}
