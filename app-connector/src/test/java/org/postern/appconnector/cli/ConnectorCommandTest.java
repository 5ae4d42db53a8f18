package org.postern.appconnector.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.enroll.FakeDoor;
import org.postern.appconnector.enroll.TestDeployment;
import picocli.CommandLine;

final class ConnectorCommandTest {
  @TempDir private Path folder;
  private final TestDeployment deployment = new TestDeployment();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Map<String, String> environment = new HashMap<>();

  private int run(String input, String... arguments) {
    CommandLine line =
        ConnectorCommand.commandLine(
            new Surroundings(
                InstantSource.system(),
                System::nanoTime,
                new Random(5),
                environment,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)));
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    return line.execute(arguments);
  }

  private String home() {
    return folder.resolve("home").toString();
  }

  private int enroll(FakeDoor door, String key) {
    return run(
        key,
        "enroll",
        "--broker",
        door.uri().toString(),
        "--ca-fingerprint",
        deployment.fingerprint(),
        "--key-file",
        "-",
        "--data-dir",
        home());
  }

  @Test
  void enrollStoresAnIdentityThatOnlyTheOwnerReads() throws Exception {
    try (FakeDoor door = new FakeDoor(deployment.doorTls(), deployment::answer)) {
      assertThat(enroll(door, TestDeployment.KEY))
          .describedAs(err.toString(StandardCharsets.UTF_8))
          .isZero();
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("spiffe://corp.test/connector/vpc-a/c1");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(home()))))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(Path.of(home(), "identity.pem"))))
        .isEqualTo("rw-------");
    assertThat(Files.readString(Path.of(home(), "broker.json"))).contains("tunnel.test", "8443");
    out.reset();
    assertThat(run("", "status", "--data-dir", home())).isEqualTo(ExitCode.FAILED);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("not running");
  }

  @Test
  void refusedKeyHasAnExitCodeOfItsOwnAndIsNotRepeated() throws Exception {
    try (FakeDoor door = new FakeDoor(deployment.doorTls(), deployment::answer)) {
      assertThat(enroll(door, "pk_stale-key")).isEqualTo(ExitCode.REFUSED);
    }
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("provisioning-key create")
        .doesNotContain("pk_stale-key");
    assertThat(Path.of(home(), "identity.pem")).doesNotExist();
  }

  @Test
  void unreachableBrokerHasAnExitCodeOfItsOwn() {
    assertThat(
            run(
                TestDeployment.KEY,
                "enroll",
                "--broker",
                "https://127.0.0.1:1",
                "--key-file",
                "-",
                "--data-dir",
                home()))
        .isEqualTo(ExitCode.UNREACHABLE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--proxy");
  }

  @Test
  void runWithoutIdentitySaysHowToGetOne() {
    assertThat(run("", "run", "--data-dir", home())).isEqualTo(ExitCode.NOT_ENROLLED);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--key-file");
  }

  @Test
  void wrongOptionsAreToldBeforeAnythingHappens() {
    assertThat(run("", "enroll", "--broker", "http://plain.test", "--key-file", "-"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("https://");
    assertThat(run("", "enroll", "--key", "secret")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void statusOfANewMachineIsJsonToo() {
    assertThat(run("", "status", "--json", "--data-dir", home())).isEqualTo(ExitCode.FAILED);
    assertThat(out.toString(StandardCharsets.UTF_8).strip())
        .isEqualTo("{\"running\":false,\"enrolled\":false}");
  }

  @Test
  void helpTeaches() {
    assertThat(run("", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("First steps", "enroll", "status", "Exit codes", "no inbound port");
    out.reset();
    assertThat(run("", "enroll", "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("Never pass the key itself");
  }

  @Test
  void optionsMayComeFromTheEnvironment() throws Exception {
    Path key = folder.resolve("key");
    Files.writeString(key, TestDeployment.KEY);
    try (FakeDoor door = new FakeDoor(deployment.doorTls(), deployment::answer)) {
      environment.put("POSTERN_BROKER", door.uri().toString());
      environment.put("POSTERN_CA_FINGERPRINT", deployment.fingerprint());
      environment.put("POSTERN_PROVISIONING_KEY_FILE", key.toString());
      environment.put("POSTERN_DATA_DIR", home());
      assertThat(run("", "enroll")).describedAs(err.toString(StandardCharsets.UTF_8)).isZero();
    }
  }
}
