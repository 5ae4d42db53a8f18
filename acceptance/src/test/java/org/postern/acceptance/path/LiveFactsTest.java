package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;
import org.postern.broker.clientside.ClientSide;

/** The country and the risk level turn while flows are open. */
final class LiveFactsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;
  private EchoApplication echo;
  private Path countries;
  private WholeBroker all;
  private WholeBroker.Device alice;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    countries = folder.resolve("countries.mmdb");
    here("DE");
    all =
        new WholeBroker(
            folder.resolve("broker"),
            Path.of("target/postgres-programs"),
            new ClientSide.Time(Clock.systemUTC(), System::nanoTime),
            Set.of(),
            Optional.of(countries));
    Path file =
        Files.writeString(
            folder.resolve("policy.yaml"),
            """
            version: 1
            domains: [corp.internal]
            connectorGroups: [{name: vpc-a}]
            applications:
              - {name: home, hosts: [home.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
                 allowLoopback: true}
              - {name: calm, hosts: [calm.corp.internal], tcp: [%1$d], connectorGroups: [vpc-a],
                 allowLoopback: true}
            rules:
              - {name: at-home, action: allow, applications: [home], anyone: true,
                 when: [{countries: [DE]}]}
              - {name: when-calm, action: allow, applications: [calm], anyone: true,
                 when: [{risks: [low]}]}
            identityProviders:
              - {name: corp, issuer: "%2$s", clientId: postern, allowPlainHttp: true}
            """
                .formatted(echo.port(), all.issuer()));
    WholeBroker.Outcome applied = all.admin("apply", "-f", file.toString());
    assertThat(applied.code()).as(applied.err()).isZero();
    assertThat(applied.out())
        .contains("rule when-calm asks for the risk level")
        .doesNotContain("asks for the country");
    List<InetAddress> loopback = List.of(InetAddress.getLoopbackAddress());
    all.connector("vpc-a", Map.of("home.corp.internal", loopback, "calm.corp.internal", loopback));
    alice = all.device("alice");
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private void here(String code) throws Exception {
    Path next =
        Files.write(
            folder.resolve("next"), new CountryDatabase().country("127.0.0.0", 8, code).bytes());
    Files.move(next, countries, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private WholeBroker.Program connect(String host) throws IOException {
    return alice.connect(host, echo.port());
  }

  private WholeBroker.Program open(String host) {
    return await().atMost(PATIENCE).until(() -> connect(host), WholeBroker.Program::open);
  }

  @Test
  void flowIsCutWhenTheAddressIsOfAnotherCountry() throws Exception {
    WholeBroker.Program program = open("home.corp.internal");
    assertThat(program.isAlive()).isTrue();
    here("FR");
    await().atMost(PATIENCE).until(() -> !program.isAlive());
    assertThat(connect("home.corp.internal").open()).isFalse();
    here("DE");
    assertThat(open("home.corp.internal").isAlive()).isTrue();
  }

  @Test
  void flowIsCutWhenTheRiskIsAnother() throws Exception {
    open("home.corp.internal");
    assertThat(connect("calm.corp.internal").open()).as("nobody said how risky").isFalse();
    WholeBroker.Outcome low =
        all.admin("risk", "set", "low", "--user", "alice@example.com", "--reason", "ticket-1");
    assertThat(low.out()).as(low.err()).contains("is low now");
    WholeBroker.Program program = open("calm.corp.internal");
    assertThat(all.adminJson("session", "list").path("items").findValuesAsText("risk"))
        .containsExactly("low");

    assertThat(all.admin("risk", "set", "high", "--device", alice.deviceId()).code()).isZero();
    await().atMost(Duration.ofSeconds(60)).until(() -> !program.isAlive());
    assertThat(connect("calm.corp.internal").open()).isFalse();
    String id =
        all.adminJson("risk", "list")
            .path("items")
            .valueStream()
            .filter(each -> each.path("kind").asText().equals("device"))
            .findFirst()
            .orElseThrow()
            .path("id")
            .asText();
    assertThat(all.admin("risk", "clear", id).code()).isZero();
    WholeBroker.Program again = open("calm.corp.internal");

    assertThat(all.admin("risk", "set", "low", "--user", alice.userId(), "--expires", "2s").code())
        .isZero();
    await().atMost(PATIENCE).until(() -> !again.isAlive());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(all.admin("audit", "list", "--limit", "1000").out())
                .contains("setRisk", "clearRisk", "risk.end"));
    assertThat(all.admin("audit", "verify").code()).isZero();
  }
}
