package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.broker.BrokerMain;
import org.postern.broker.cli.AdminCommand;
import org.postern.broker.cli.CommandLines;
import picocli.CommandLine;

/** A broker and its database, as processes, are killed while a large policy is being applied. */
final class KilledApplyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern READY = Pattern.compile("ready at (https://\\S+)");
  private static final int APPLICATIONS = 1_000;

  /** One kill in each half of the time that an apply takes. */
  private static final int PARTS = 2;

  @TempDir private Path folder;
  private RunningProgram broker;
  private String url = "";

  private record Outcome(int code, String out, String err) {
    Outcome good() {
      assertThat(code).as(out + err).isZero();
      return this;
    }
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  @BeforeEach
  void start() throws Exception {
    broker =
        RunningProgram.start(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                BrokerMain.class.getName(),
                "broker",
                "--data-dir",
                folder.resolve("broker").toString(),
                "--listen",
                "127.0.0.1:0",
                "--host-name",
                "localhost"));
    broker.awaitOutput("ready at", text -> READY.matcher(text).find(), PATIENCE);
    Matcher ready = READY.matcher(broker.output());
    assertThat(ready.find()).isTrue();
    url = ready.group(1);
  }

  private Outcome admin(String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--url", url, "--data-dir", folder.resolve("broker").toString()));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands = CommandLines.of(new AdminCommand());
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    return new Outcome(
        commands.execute(all.toArray(String[]::new)), out.toString(), err.toString());
  }

  private String policy() {
    return admin("get").good().out();
  }

  private long version() throws Exception {
    return JSON.readTree(admin("status", "--json").good().out())
        .path("configurationVersion")
        .asLong();
  }

  /** Every application and every rule differs from one port to another. */
  private String document(int port) throws Exception {
    StringBuilder text =
        new StringBuilder(
            """
            version: 1
            domains: [corp.internal]
            connectorGroups: [{name: vpc-a}]
            applications:
            """);
    for (int i = 0; i < APPLICATIONS; i++) {
      text.append(
          "  - {name: app-%d, hosts: [app-%d.corp.internal], tcp: [%d], connectorGroups: [vpc-a]}\n"
              .formatted(i, i, port));
    }
    text.append("rules:\n");
    for (int i = 0; i < APPLICATIONS / 10; i++) {
      text.append(
          "  - {name: rule-%d-%d, action: allow, applications: [app-%d], anyone: true}\n"
              .formatted(port, i, i));
    }
    return Files.writeString(folder.resolve("policy-%d.yaml".formatted(port)), text).toString();
  }

  @Test
  void policyIsWhollyTheOldOrWhollyTheNewOneAndTheLogVerifies() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long begun = System.nanoTime();
    admin("apply", "-f", document(1_001)).good();
    long usual = System.nanoTime() - begun;
    for (int part = 0; part < PARTS; part++) {
      String before = policy();
      long version = version();
      String wanted = document(2_000 + part);
      Thread applying = Thread.ofVirtual().start(() -> admin("apply", "-f", wanted));
      long after = (usual * part + random.nextLong(usual)) / PARTS;
      assertThat(broker.process().waitFor(after, TimeUnit.NANOSECONDS)).isFalse();
      broker.kill();
      broker.awaitExit(PATIENCE);
      applying.join();
      start();
      String now = policy();
      boolean old = now.equals(before);
      String when =
          "seed %d, killed after %d ms of %d".formatted(seed, after / 1_000_000, usual / 1_000_000);
      System.out.println(when + (old ? ": the old one" : ": the new one"));
      assertThat(version()).as(when).isEqualTo(old ? version : version + 1);
      if (!old) {
        assertThat(admin("plan", "-f", wanted).good().out()).as(when).contains("nothing");
      }
      assertThat(admin("history", "--json").good().out()).contains("\"version\"");
      admin("audit", "verify").good();
    }
    String last = document(3_000);
    admin("apply", "-f", last).good();
    assertThat(policy()).contains("3000").doesNotContain("[1001]");
    admin("audit", "verify").good();
  }
}
