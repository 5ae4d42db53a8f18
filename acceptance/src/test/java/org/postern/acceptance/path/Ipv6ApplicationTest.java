package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.Target;

/** An application in a private network that speaks IPv6 alone. */
@Timeout(120)
class Ipv6ApplicationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final InetAddress HERE = InetAddress.ofLiteral("::1");

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication(HERE);
    all = new OneProcess(directory, Policies.allowing(1, echo.port(), "::1/128"));
    all.connector(
        "vpc-a", "c1", new SystemResolver(List.of(), Map.of("echo.corp.internal", List.of(HERE))));
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.owns("echo.corp.internal"));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  @Test
  void itIsReachedByNameAndByAddressInAnyForm() throws Exception {
    for (String host : List.of("echo.corp.internal", "::1", "0:0:0:0:0:0:0:1")) {
      try (Program program = Program.connect(device, new Target(host, echo.port()))) {
        assertThat(program.ask("hello")).as(host).isEqualTo("hello");
      }
    }
  }

  @Test
  void addressThatIsNotItsOwnIsRefused() throws Exception {
    try (Program program = Program.connect(device, new Target("::2", echo.port()))) {
      assertThat(program.answer()).isEqualTo("POLICY_NO_RULE");
    }
  }
}
