package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postern.clientconnector.local.support.LocalProgram;
import org.postern.clientconnector.local.support.Sandbox;
import org.postern.clientconnector.local.support.WithTransparentMode;

/** Unmodified programs against transparent mode, in a network namespace. */
@ExtendWith(WithTransparentMode.class)
class InterceptionTest {

  private static final String RESOLV_CONF = "# by hand\nnameserver 127.0.0.9\noptions timeout:2\n";

  private static Sandbox sandbox;
  private static Process program;
  private static BufferedReader output;
  private static BufferedWriter input;

  @BeforeAll
  static void start() throws IOException {
    sandbox = Sandbox.create(RESOLV_CONF);
    program = sandbox.java(LocalProgram.class, List.of(), sandbox.directory().toString());
    output = program.inputReader();
    input = program.outputWriter();
    Sandbox.await(output, "ready");
    // Names are announced just before "ready"; the redirection of ranges follows within moments.
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> sandbox.run("ip", "route").output().contains("10.77.0.0/16"));
  }

  @AfterAll
  static void stop() throws Exception {
    program.outputWriter().close();
    program.waitFor();
    String resolvConf = sandbox.resolvConf();
    String tables = sandbox.run("nft", "list", "tables").output();
    sandbox.close();
    assertThat(resolvConf).isEqualTo(RESOLV_CONF);
    assertThat(tables).doesNotContain("postern");
  }

  private static String command(String line) throws IOException {
    input.write(line + "\n");
    input.flush();
    return Sandbox.await(output, "done");
  }

  private static String dig(String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of("dig", "+tries=1", "+time=15"));
    line.addAll(List.of(arguments));
    return sandbox.run(line.toArray(String[]::new)).output();
  }

  @Test
  void permittedNameAnswersWithSyntheticAddress() throws Exception {
    String first = dig("+short", "payments.corp.internal");
    assertThat(first).startsWith("100.64.").doesNotStartWith("100.64.0.");
    assertThat(dig("+short", "PAYMENTS.Corp.Internal")).isEqualTo(first);
    assertThat(dig("+short", "ledger.corp.internal")).startsWith("100.64.").isNotEqualTo(first);
    assertThat(dig("+short", "-x", first.strip())).isEqualTo("payments.corp.internal.\n");
  }

  @Test
  void forbiddenNameAnswersAsIfItDidNotExist() throws Exception {
    String answer = dig("secret.corp.internal");
    assertThat(answer).contains("NXDOMAIN").contains("SOA");
  }

  @Test
  void otherTypesOfAPermittedNameAreEmpty() throws Exception {
    for (String type : List.of("HTTPS", "MX", "TXT")) {
      assertThat(dig("payments.corp.internal", type))
          .contains("status: NOERROR")
          .contains("ANSWER: 0")
          .contains("SOA");
    }
  }

  @Test
  void otherNamesPassToThePreviousResolver() throws Exception {
    assertThat(dig("+short", "www.example.org")).isEqualTo("203.0.113.7\n");
    assertThat(dig("+short", "+tcp", "www.example.org")).isEqualTo("203.0.113.7\n");
    assertThat(dig("+ignore", "big.example.org")).contains("flags: qr tc");
    assertThat(dig("+short", "big.example.org")).isEqualTo("203.0.113.7\n");
  }

  @Test
  void browserCanaryIsDenied() throws Exception {
    assertThat(dig("use-application-dns.net")).contains("NXDOMAIN");
  }

  @Test
  void questionsOverTcpAreAnswered() throws Exception {
    assertThat(dig("+short", "+tcp", "payments.corp.internal")).startsWith("100.64.");
  }

  @Test
  void unmodifiedProgramReachesTheApplicationByName() throws Exception {
    for (String host : List.of("payments.corp.internal", "payments", "10.77.1.2")) {
      assertThat(sandbox.run("curl", "-sS", "-m", "20", "http://" + host + ":8080/").output())
          .isEqualTo("the application says hello\n");
    }
  }

  @Test
  void wrongPortIsRefusedAtOnce() throws Exception {
    dig("payments.corp.internal");
    Sandbox.Outcome outcome =
        sandbox.run("curl", "-sS", "-m", "20", "http://payments.corp.internal:81/");
    assertThat(outcome.status()).as(outcome.output()).isEqualTo(7);
    assertThat(outcome.output()).contains("payments.corp.internal port 81").contains("connect");
  }

  @Test
  void addressThatNobodyHasIsRefused() throws Exception {
    assertThat(sandbox.run("curl", "-sS", "-m", "20", "http://100.64.255.1/").status())
        .isEqualTo(7);
  }

  @Test
  void refusedConnectionIsReset() throws Exception {
    // The port is permitted, but nobody listens behind it.
    Sandbox.Outcome outcome =
        sandbox.run("curl", "-sS", "-m", "20", "http://payments.corp.internal:8001/");
    assertThat(outcome.status()).as(outcome.output()).isEqualTo(56);
  }

  @Test
  void directConnectionToTheListenerIsReset() throws Exception {
    String table = sandbox.run("nft", "list", "table", "ip", "postern_postern0").output();
    assertThat(table).containsPattern("redirect to :\\d+");
    String port = table.replaceAll("(?s).*redirect to :(\\d+).*", "$1");
    Sandbox.Outcome outcome = sandbox.run("curl", "-sS", "-m", "20", "http://127.0.0.1:" + port);
    assertThat(outcome.status())
        .as(outcome.output())
        .isIn(7, 55, 56); // reset at connect, send or receive
    assertThat(outcome.output()).doesNotContain("application");
  }

  @Test
  void datagramsKeepTheirBoundaries() throws Exception {
    assertThat(command("udp payments.corp.internal 7 hello")).isEqualTo("hello");
    String long9000 = "x".repeat(9_000);
    assertThat(command("udp payments.corp.internal 7 " + long9000)).isEqualTo(long9000);
  }

  @Test
  void refusedDatagramIsAnsweredPortUnreachable() throws Exception {
    assertThat(command("udp payments.corp.internal 9 hello")).isEqualTo("PortUnreachableException");
    assertThat(command("udp 100.64.255.1 7 hello")).isEqualTo("PortUnreachableException");
  }

  @Test
  void changedPolicyChangesAnswersAndPorts() throws Exception {
    command("permit wages.corp.internal");
    String address = dig("+short", "wages.corp.internal").strip();
    assertThat(address).startsWith("100.64.");
    command("forbid wages.corp.internal");
    assertThat(dig("wages.corp.internal")).contains("NXDOMAIN");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            sandbox.run("curl", "-sS", "-m", "20", "http://" + address + ":8080").status() == 7);
    command("permit wages.corp.internal");
    assertThat(dig("+short", "wages.corp.internal").strip()).isEqualTo(address);
    assertThat(sandbox.run("curl", "-sS", "-m", "20", "http://" + address + ":8080").status())
        .isZero();
  }

  @Test
  void manyNewNamesAtOnceAreAllAnswered() throws Exception {
    StringBuilder questions = new StringBuilder();
    for (int i : IntStream.range(0, 50).toArray()) {
      command("permit host" + i + ".corp.internal");
      questions.append("host").append(i).append(".corp.internal\n");
    }
    Path file = sandbox.directory().resolve("questions");
    Files.writeString(file, questions);
    List<String> addresses = dig("+short", "-f", file.toString()).lines().toList();
    assertThat(addresses).hasSize(50).doesNotHaveDuplicates();
  }
}
