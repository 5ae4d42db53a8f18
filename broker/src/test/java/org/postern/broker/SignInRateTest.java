package org.postern.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.broker.cli.ExitCode;
import picocli.CommandLine;

/** What an operator says about the rate of sign-ins from one address holds. */
final class SignInRateTest {
  @TempDir private Path folder;

  @Test
  void addressThatAsksMoreThanItsRateWaitsWhileAdministrationAnswers() throws Exception {
    BrokerSettings slow =
        BrokerUnderTest.settings(folder, Optional.empty(), Set.of()).withSignInRate(10);
    try (BrokerUnderTest broker = new BrokerUnderTest(folder, slow)) {
      List<Integer> codes = new ArrayList<>();
      HttpResponse<String> last = signIn(broker);
      // Every six seconds there is room for one more: who asks slowly is refused later.
      while (last.statusCode() != 429 && codes.size() < 100) {
        codes.add(last.statusCode());
        last = signIn(broker);
      }
      assertThat(codes).hasSizeGreaterThanOrEqualTo(5).hasSizeLessThan(100);
      assertThat(last.headers().firstValue("Retry-After")).contains("60");
      assertThat(broker.admin("GET", "/admin/v1/status", "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void rateThatLetsNobodyInStopsTheStart() {
    StringWriter err = new StringWriter();
    CommandLine commands = BrokerMain.commandLine();
    commands.setErr(new PrintWriter(err, true));
    int code = commands.execute("broker", "--data-dir", folder.toString(), "--sign-in-rate", "3");
    assertThat(code).isEqualTo(ExitCode.REFUSED);
    assertThat(err.toString()).contains("--sign-in-rate").contains("expected: 10 to");
    assertThat(folder.resolve("ca.pem"))
        .satisfies(file -> assertThat(Files.exists(file)).isFalse());
  }

  private static HttpResponse<String> signIn(BrokerUnderTest broker) throws Exception {
    return broker.get(BrokerUnderTest.deviceQuery("http://127.0.0.1:4711/callback"));
  }
}
