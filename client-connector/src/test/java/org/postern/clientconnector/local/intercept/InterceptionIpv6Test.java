package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postern.clientconnector.local.support.LocalProgram;
import org.postern.clientconnector.local.support.Sandbox;
import org.postern.clientconnector.local.support.WithTransparentMode;

/**
 * Unmodified programs that prefer IPv6, on a machine that has no other IPv6 address than the one
 * that transparent mode gives it.
 */
@ExtendWith(WithTransparentMode.class)
class InterceptionIpv6Test {

  private static final String PREFIX = "fd12:3456:789a::";
  private static final String NOBODY = PREFIX + "6440:ff01";
  private static final String PAYMENTS = "payments.corp.internal";
  private static final String HELLO = "the application says hello\n";

  private static Sandbox sandbox;
  private static Process program;
  private static BufferedReader output;
  private static BufferedWriter input;

  @BeforeAll
  static void start() throws IOException {
    sandbox = Sandbox.create("nameserver 127.0.0.9\n");
    String[] arguments = {sandbox.directory().toString(), "100.64.0.0/16", PREFIX + "/96"};
    program = sandbox.java(LocalProgram.class, List.of(), arguments);
    output = program.inputReader();
    input = program.outputWriter();
    Sandbox.await(output, "ready");
  }

  @AfterAll
  static void stop() throws Exception {
    program.outputWriter().close();
    program.waitFor();
    String tables = sandbox.run("nft", "list", "tables").output();
    sandbox.close();
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

  private static Sandbox.Outcome curl(String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of("curl", "-sS", "-m", "20"));
    line.addAll(List.of(arguments));
    return sandbox.run(line.toArray(String[]::new));
  }

  private static String twin() throws Exception {
    return dig("+short", PAYMENTS, "AAAA").strip();
  }

  @Test
  void addressesOfANameCorrespondAndBothLeadBackToIt() throws Exception {
    String[] octets = dig("+short", PAYMENTS).strip().split("\\.");
    String expected =
        "%s6440:%x"
            .formatted(PREFIX, Integer.parseInt(octets[2]) << 8 | Integer.parseInt(octets[3]));
    assertThat(twin()).isEqualTo(expected);
    assertThat(dig("+short", "-x", expected)).isEqualTo(PAYMENTS + ".\n");
    assertThat(dig("-x", NOBODY)).contains("NXDOMAIN");
  }

  @Test
  void forbiddenNameAnswersAsIfItDidNotExist() throws Exception {
    assertThat(dig("secret.corp.internal", "AAAA")).contains("NXDOMAIN").contains("SOA");
  }

  @Test
  void nameThatIsAskedForIpv6AloneWorksAtOnce() throws Exception {
    command("permit fresh.corp.internal");
    assertThat(curl("-6", "http://fresh.corp.internal:8080/").output()).isEqualTo(HELLO);
  }

  @Test
  void unmodifiedProgramReachesTheApplicationByNameAndByAddress() throws Exception {
    for (String host : List.of(PAYMENTS, "[" + twin() + "]")) {
      assertThat(curl("-6", "http://" + host + ":8080/").output()).isEqualTo(HELLO);
    }
    assertThat(curl("-4", "http://" + PAYMENTS + ":8080/").output()).isEqualTo(HELLO);
  }

  @Test
  void permittedRangeIsReachedByAddressAndItsNeighbourIsNot() throws Exception {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> sandbox.run("ip", "-6", "route").output().contains("2001:db8:77::/48"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> curl("http://[2001:db8:77::5]:8080/").output().equals(HELLO));
    assertThat(command("udp 2001:db8:77::5 7 hello")).isEqualTo("hello");
    assertThat(curl("http://[2001:db8:78::5]:8080/").status()).isEqualTo(7);
  }

  @Test
  void proxyTakesTheAddressForItsName() throws Exception {
    // With the first scheme curl resolves names itself, and hands over an address.
    for (String proxy : List.of("socks5://127.0.0.1:1055", "http://127.0.0.1:1055")) {
      for (String host : List.of(PAYMENTS, "[" + twin() + "]")) {
        assertThat(curl("-p", "-x", proxy, "http://" + host + ":8080/").output())
            .as("%s %s", proxy, host)
            .isEqualTo(HELLO);
      }
      assertThat(curl("-p", "-x", proxy, "http://[" + NOBODY + "]:8080/").status()).isNotZero();
    }
  }

  @Test
  void programThatTriesIpv6FirstNeedsNoSecondTry() throws Exception {
    // Had the first try to wait for anything, the second would win, or the time run out.
    Sandbox.Outcome outcome =
        curl(
            "--happy-eyeballs-timeout-ms",
            "30000",
            "-o",
            "/dev/null",
            "-w",
            "%{remote_ip} from %{local_ip}",
            "http://" + PAYMENTS + ":8080/");
    assertThat(outcome.output()).isEqualTo(twin() + " from " + PREFIX + "6440:1");
  }

  @Test
  void wrongPortAndAddressThatNobodyHasAreRefusedAtOnce() throws Exception {
    for (String place : List.of(PAYMENTS + ":81", "[" + NOBODY + "]:8080")) {
      Sandbox.Outcome outcome = curl("-6", "http://" + place + "/");
      assertThat(outcome.status()).as(outcome.output()).isEqualTo(7);
    }
  }

  @Test
  void refusedConnectionIsReset() throws Exception {
    // The port is permitted, but nobody listens behind it.
    Sandbox.Outcome outcome = curl("-6", "http://" + PAYMENTS + ":8001/");
    assertThat(outcome.status()).as(outcome.output()).isEqualTo(56);
  }

  @Test
  void directConnectionToTheListenerIsReset() throws Exception {
    String table = sandbox.run("nft", "list", "table", "ip6", "postern_postern0").output();
    String port = table.replaceAll("(?s).*redirect to :(\\d+).*", "$1");
    assertThat(port).matches("\\d+");
    Sandbox.Outcome outcome = curl("http://[::1]:" + port);
    assertThat(outcome.status()).as(outcome.output()).isIn(7, 55, 56);
    assertThat(outcome.output()).doesNotContain("application");
  }

  @Test
  void datagramsKeepTheirBoundaries() throws Exception {
    for (String text : List.of("hello", "x".repeat(9_000))) {
      assertThat(command("udp " + twin() + " 7 " + text)).isEqualTo(text);
    }
  }

  @Test
  void refusedDatagramIsAnsweredPortUnreachable() throws Exception {
    for (String place : List.of(twin() + " 9", NOBODY + " 7", PREFIX + "6440:2 54")) {
      assertThat(command("udp " + place + " hello")).isEqualTo("PortUnreachableException");
    }
  }

  @Test
  void resolverAnswersOverIpv6() throws Exception {
    String server = "@" + PREFIX + "6440:2";
    assertThat(dig(server, "+short", PAYMENTS)).startsWith("100.64.");
    assertThat(dig(server, "+short", "+tcp", PAYMENTS)).startsWith("100.64.");
  }

  @Test
  void nameThatIsForbiddenLaterIsShutForIpv6Too() throws Exception {
    command("permit wages.corp.internal");
    String place = "http://[" + dig("+short", "wages.corp.internal", "AAAA").strip() + "]:8080/";
    assertThat(curl(place).output()).isEqualTo(HELLO);
    command("forbid wages.corp.internal");
    await().atMost(Duration.ofSeconds(60)).until(() -> curl(place).status() == 7);
    assertThat(dig("wages.corp.internal", "AAAA")).contains("NXDOMAIN");
  }

  @Test
  void statusTellsTheRange() throws Exception {
    assertThat(command("status")).contains("ipv6Range=" + PREFIX + "6440:0/112");
  }
}
