package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.Target;
import org.postern.policystore.Application;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;
import org.postern.policystore.decision.Snapshot;

/** A name that no resolver knows, served by listed servers; one of them refuses. */
final class ServerGroupPathTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int FLOWS = 4;
  private static final int PORT = 443;

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    EchoApplication dead = new EchoApplication();
    int refusing = dead.port();
    dead.die();
    Snapshot plain = Policies.allowing(1, PORT);
    PolicyConfiguration policy = plain.configuration();
    List<Application> served =
        policy.applications().stream()
            .map(each ->
                each.withConnectorGroups(List.of()).withServerGroups(List.of("echo-servers")))
            .toList();
    all =
        new OneProcess(
            directory,
            Snapshot.build(
                1,
                policy
                    .withApplications(served)
                    .withServerGroups(
                        List.of(
                            new ServerGroup(
                                "echo-servers",
                                false,
                                List.of(
                                    new Server("127.0.0.1", refusing),
                                    new Server("127.0.0.1", echo.port())),
                                List.of("vpc-a")))),
                plain.identities()));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  @Test
  void secondServerServesWhenTheFirstRefuses() throws Exception {
    Connector connector = all.connector("vpc-a", "c1", new SystemResolver(List.of(), Map.of()));
    await().atMost(PATIENCE).until(() -> connector.status().applications() > 0);
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> connector.status().lanes() > 0);
    // Flows begin at either server: at least one of them meets the one that refuses.
    for (int i = 0; i < FLOWS; i++) {
      byte[] words = ("flow " + i).getBytes(StandardCharsets.UTF_8);
      try (Program program =
          Program.connect(device, new Target("echo.corp.internal", PORT), words)) {
        assertThat(program.answer()).isEqualTo("opened");
        program.socket().shutdownOutput();
        assertThat(program.socket().getInputStream().readAllBytes()).isEqualTo(words);
      }
    }
    assertThat(echo.connections).hasValue(FLOWS);
  }
}
