package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postern.clientconnector.local.support.LocalProgram;
import org.postern.clientconnector.local.support.Sandbox;
import org.postern.clientconnector.local.support.WithTransparentMode;

/** Names have IPv6 addresses as long as the machine has IPv6, whatever it had at the start. */
@ExtendWith(WithTransparentMode.class)
class InterceptionIpv6SwitchTest {

  private static final String PREFIX = "fd12:3456:789a::";
  private static final String DEVICE = "postern0";
  private static final String PAYMENTS = "payments.corp.internal";
  private static final String PAGE = "http://" + PAYMENTS + ":8080/";
  private static final String RANGE_PAGE = "http://[2001:db8:77::5]:8080/";
  private static final String LOOK_MILLIS = "300";
  private static final String HELLO = "the application says hello\n";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Sandbox sandbox;

  @BeforeEach
  void makeSandbox() throws IOException {
    sandbox = Sandbox.create("nameserver 127.0.0.9\n");
  }

  @AfterEach
  void removeSandbox() throws IOException {
    sandbox.close();
  }

  /** The client connector, as {@link LocalProgram}. */
  private record Running(Process process, BufferedReader output, BufferedWriter input) {
    String status() throws IOException {
      input.write("status\n");
      input.flush();
      return Sandbox.await(output, "done");
    }
  }

  private Running start() throws IOException {
    String[] arguments = {
      sandbox.directory().toString(), "100.64.0.0/16", PREFIX + "/96", LOOK_MILLIS,
    };
    Process process = sandbox.java(LocalProgram.class, List.of(), arguments);
    Running running = new Running(process, process.inputReader(), process.outputWriter());
    Sandbox.await(running.output(), "ready");
    return running;
  }

  private void stop(Running running) throws Exception {
    running.input().close();
    running.process().waitFor();
    assertThat(sandbox.run("nft", "list", "tables").output()).doesNotContain("postern");
    assertThat(sandbox.run("ip", "link").output()).doesNotContain(DEVICE);
  }

  private void disable(String place, int value) throws Exception {
    String setting = "/proc/sys/net/ipv6/conf/" + place + "/disable_ipv6";
    assertThat(sandbox.run("sh", "-c", "echo " + value + " > " + setting).status()).isZero();
  }

  private String curl(String version, String page) throws Exception {
    return sandbox.run("curl", "-sS", "-m", "20", version, page).output();
  }

  private String twin() throws Exception {
    return sandbox.run("dig", "+short", "+tries=1", "+time=15", PAYMENTS, "AAAA").output();
  }

  /** What the application that never answers has from the client connector. */
  private String connectionsToSilence() throws Exception {
    return sandbox.run("ss", "-Htn", "state", "established", "sport = :5201").output();
  }

  private static void awaitThat(ThrowingRunnable assertion) {
    await().atMost(PATIENCE).untilAsserted(assertion);
  }

  private void awaitWithIpv6() {
    awaitThat(() -> assertThat(twin()).startsWith(PREFIX));
    // By the name, by an address of a permitted range, and back from an address to its name.
    awaitThat(() -> assertThat(curl("-6", PAGE)).isEqualTo(HELLO));
    awaitThat(() -> assertThat(curl("-6", RANGE_PAGE)).isEqualTo(HELLO));
    awaitThat(() ->
        assertThat(sandbox.run("dig", "+short", "-x", twin().strip()).output())
            .isEqualTo(PAYMENTS + ".\n"));
  }

  private void awaitWithoutIpv6(Running running, String reason) {
    awaitThat(() -> assertThat(twin()).isEmpty());
    awaitThat(() -> assertThat(running.status()).contains("ipv6Range=,").contains(reason));
    awaitThat(() -> {
      assertThat(sandbox.run("nft", "list", "tables").output())
          .contains("table ip postern_postern0")
          .doesNotContain("ip6");
      assertThat(sandbox.run("ip", "-6", "address", "show", "dev", DEVICE).output()).isEmpty();
      assertThat(sandbox.run("ip", "-6", "route", "show", "dev", DEVICE).output()).isEmpty();
    });
    awaitThat(() -> assertThat(curl("-4", PAGE)).isEqualTo(HELLO));
  }

  @Test
  void ipv6ThatIsSwitchedOnLaterBringsTheTwinsAndOffTakesThemAway() throws Exception {
    disable("all", 1);
    Running running = start();
    awaitWithoutIpv6(running, "net.ipv6.conf.default.disable_ipv6 is 1");
    disable("all", 0);
    awaitWithIpv6();
    assertThat(running.status()).contains("ipv6Range=" + PREFIX + "6440:0/112");
    disable("all", 1);
    awaitWithoutIpv6(running, "net.ipv6.conf.default.disable_ipv6 is 1");
    disable("all", 0);
    awaitWithIpv6();
    stop(running);
  }

  @Test
  void deviceThatWasMadeWithoutIpv6GetsItWhenNewDevicesDo() throws Exception {
    disable("default", 1);
    Running running = start();
    awaitWithoutIpv6(running, "net.ipv6.conf.default.disable_ipv6 is 1");
    disable("default", 0);
    awaitWithIpv6();
    stop(running);
  }

  @Test
  void ipv6ThatIsSwitchedOffForOurDeviceAloneStaysOff() throws Exception {
    Running running = start();
    awaitWithIpv6();
    disable(DEVICE, 1);
    awaitWithoutIpv6(running, "net.ipv6.conf.postern0.disable_ipv6 is 1");
    disable(DEVICE, 0);
    awaitWithIpv6();
    stop(running);
  }

  @Test
  void addressAndRoutesThatSomebodyTookComeBack() throws Exception {
    Running running = start();
    awaitWithIpv6();
    // Faster than anybody looks; the kernel forgets addresses and routes all the same.
    disable("all", 1);
    disable("all", 0);
    awaitWithIpv6();
    stop(running);
  }

  @Test
  void loopbackAddressThatGoesEndsConnectionsAndItsReturnBringsTheTwins() throws Exception {
    Running running = start();
    awaitWithIpv6();
    Process waiting = sandbox.start("curl", "-sS", "-6", "http://" + PAYMENTS + ":5201/");
    awaitThat(() -> assertThat(connectionsToSilence()).isNotEmpty());
    sandbox.run("ip", "addr", "del", "::1/128", "dev", "lo");
    awaitWithoutIpv6(running, "this machine's loopback has no ::1");
    awaitThat(() -> assertThat(connectionsToSilence()).isEmpty());
    waiting.destroyForcibly();
    sandbox.run("ip", "addr", "add", "::1/128", "dev", "lo");
    awaitWithIpv6();
    stop(running);
  }
}
