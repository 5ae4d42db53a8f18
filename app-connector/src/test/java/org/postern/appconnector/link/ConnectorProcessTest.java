package org.postern.appconnector.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.enroll.FakeDoor;
import org.postern.appconnector.enroll.TestDeployment;

/** The program itself: a process of its own, from the provisioning key to the signal to stop. */
@Timeout(240)
final class ConnectorProcessTest {
  @TempDir private Path folder;
  private final TestDeployment deployment = new TestDeployment();
  private final List<Process> started = new ArrayList<>();
  private ScriptedBroker broker;
  private FakeDoor door;

  @BeforeEach
  void start() throws Exception {
    broker = new ScriptedBroker(deployment.authority());
    deployment.tunnelAt("127.0.0.1", broker.port());
    door = new FakeDoor(deployment.doorTls(), deployment::answer);
    Files.writeString(folder.resolve("key"), TestDeployment.KEY);
  }

  @AfterEach
  void stop() {
    started.forEach(Process::destroyForcibly);
    door.close();
    broker.close();
  }

  private Process connector(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "org.postern.appconnector.ConnectorMain"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data-dir", folder.resolve("home").toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    // Each has a file of its own: two that write into one write over each other.
    builder.redirectError(folder.resolve("log" + started.size()).toFile());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private String log() throws IOException {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < started.size(); i++) {
      all.append(Files.readString(folder.resolve("log" + i), StandardCharsets.UTF_8));
    }
    return all.toString();
  }

  @Test
  void enrollsLinksShowsItsStatusAndStopsOnASignal() throws Exception {
    Process running =
        connector(
            "run",
            "--broker",
            door.uri().toString(),
            "--ca-fingerprint",
            deployment.fingerprint(),
            "--key-file",
            folder.resolve("key").toString(),
            "--resolver",
            "127.0.0.1");
    assertThat(broker.connectors.poll(60, TimeUnit.SECONDS)).describedAs(log()).isNotNull();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> {
          Process status = connector("status", "--json");
          String json = new String(status.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
          return status.waitFor() == 0 && json.contains("\"carriers_parked\":3");
        });
    assertThat(
            new String(
                Files.readAllBytes(folder.resolve("home/status.json")), StandardCharsets.UTF_8))
        .contains("\"linked\" : true", "spiffe://corp.test/connector/vpc-a/c1");
    running.destroy();
    assertThat(running.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(running.exitValue()).isZero();
    assertThat(folder.resolve("home/status.json")).doesNotExist();
    assertThat(log()).doesNotContain(TestDeployment.KEY);
  }

  @Test
  void secondProcessOnTheSameDataIsRefused() throws Exception {
    String[] arguments = {
      "run",
      "--broker",
      door.uri().toString(),
      "--ca-fingerprint",
      deployment.fingerprint(),
      "--key-file",
      folder.resolve("key").toString()
    };
    connector(arguments);
    Objects.requireNonNull(broker.connectors.poll(60, TimeUnit.SECONDS));
    Process second = connector(arguments);
    assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(second.exitValue()).isEqualTo(1);
    assertThat(log()).contains("another connector is running");
  }
}
