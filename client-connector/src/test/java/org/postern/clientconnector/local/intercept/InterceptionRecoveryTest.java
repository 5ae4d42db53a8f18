package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postern.clientconnector.local.support.LocalProgram;
import org.postern.clientconnector.local.support.Sandbox;
import org.postern.clientconnector.local.support.WithTransparentMode;

/** Whatever ends the client connector, the machine's name resolution is as it was. */
@ExtendWith(WithTransparentMode.class)
class InterceptionRecoveryTest {

  private static final String RESOLV_CONF = "nameserver 127.0.0.9\nsearch example.org\n";

  private Sandbox sandbox;

  @BeforeEach
  void makeSandbox() throws IOException {
    sandbox = Sandbox.create(RESOLV_CONF);
  }

  @AfterEach
  void removeSandbox() throws IOException {
    sandbox.close();
  }

  private record Running(Process process, long pid) {
    void kill() {
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }
  }

  private Running start(String... more) throws IOException {
    String[] arguments = new String[more.length + 1];
    arguments[0] = sandbox.directory().toString();
    System.arraycopy(more, 0, arguments, 1, more.length);
    Process process = sandbox.java(LocalProgram.class, List.of(), arguments);
    return new Running(process, Long.parseLong(Sandbox.await(process.inputReader(), "ready")));
  }

  private void awaitAsBefore(String resolvConf) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> {
          assertThat(sandbox.resolvConf()).isEqualTo(resolvConf);
          assertThat(sandbox.run("nft", "list", "tables").output()).isEmpty();
          assertThat(sandbox.run("ip", "link").output()).doesNotContain("postern");
          assertThat(sandbox.directory().resolve("run/undo.sh")).doesNotExist();
          assertThat(sandbox.directory().resolve("run/undo.running")).doesNotExist();
        });
  }

  @Test
  void killedProcessLeavesTheMachineAsItWas() throws Exception {
    Running running = start();
    assertThat(sandbox.resolvConf()).contains("nameserver 100.64.0.2").contains("example.org");
    running.kill();
    awaitAsBefore(RESOLV_CONF);
  }

  @Test
  void addressesSurviveAKilledProcess() throws Exception {
    Running first = start();
    String address = sandbox.run("dig", "+short", "payments.corp.internal").output();
    assertThat(address).startsWith("100.64.");
    String twin = sandbox.run("dig", "+short", "payments.corp.internal", "AAAA").output();
    assertThat(twin).startsWith("fd");
    first.kill();
    first.process().waitFor();
    Running second = start();
    // A program that remembers the address reaches the application without asking again.
    assertThat(
            sandbox.run("curl", "-sS", "-m", "20", "http://" + address.strip() + ":8080").status())
        .isZero();
    assertThat(
            sandbox.run("curl", "-sS", "-m", "20", "http://[" + twin.strip() + "]:8080").status())
        .isZero();
    assertThat(sandbox.run("dig", "+short", "payments.corp.internal").output()).isEqualTo(address);
    second.process().outputWriter().close();
    second.process().waitFor();
    awaitAsBefore(RESOLV_CONF);
  }

  @Test
  void nextStartRestoresWhenTheWatchdogWasKilledToo() throws Exception {
    Running first = start();
    Path pid = sandbox.directory().resolve("run/watchdog.pid");
    ProcessHandle.of(Long.parseLong(Files.readString(pid))).orElseThrow().destroyForcibly();
    first.kill();
    first.process().waitFor();
    assertThat(sandbox.resolvConf()).contains("100.64.0.2");
    Running second = start();
    second.process().outputWriter().close();
    second.process().waitFor();
    awaitAsBefore(RESOLV_CONF);
  }

  @Test
  void fileThatSomebodyElseChangedLosesOnlyOurLines() throws Exception {
    Running running = start();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> sandbox.resolvConf().contains("search corp.internal example.org"));
    sandbox.writeResolvConf(sandbox.resolvConf() + "# added by an administrator\n");
    running.kill();
    awaitAsBefore("# added by an administrator\nnameserver 127.0.0.9\nsearch example.org\n");
  }

  @Test
  void fileThatSomebodyElseReplacedIsPointedAtUsAgainAndPutBack() throws Exception {
    Running running = start();
    String replaced = "# by dhcp\nnameserver 127.0.0.8\nnameserver 127.0.0.9\n";
    sandbox.writeResolvConf(replaced);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> sandbox.resolvConf().contains("nameserver 100.64.0.2"));
    // Nobody answers at the first upstream now: the second is asked.
    assertThat(sandbox.run("dig", "+short", "www.example.org").output()).isEqualTo("203.0.113.7\n");
    running.kill();
    awaitAsBefore(replaced);
  }

  @Test
  void rangeInUseIsRefusedWithARangeThatIsFree() throws Exception {
    sandbox.run("ip", "tuntap", "add", "local-t0", "mode", "tun");
    sandbox.run("ip", "addr", "add", "100.64.9.1/24", "dev", "local-t0");
    Process process = sandbox.java(LocalProgram.class, List.of(), sandbox.directory().toString());
    assertThat(Sandbox.await(process.inputReader(), "failed"))
        .contains("100.64.0.0/16 is in use")
        .contains("--range 100.65.0.0/16");
    process.waitFor();
    assertThat(sandbox.resolvConf()).isEqualTo(RESOLV_CONF);
    Running moved = start("100.65.0.0/16");
    assertThat(sandbox.run("dig", "+short", "payments.corp.internal").output())
        .startsWith("100.65.");
    moved.kill();
    awaitAsBefore(RESOLV_CONF);
  }

  @Test
  void twinRangeInUseIsRefusedWithOneThatIsFree() throws Exception {
    sandbox.run("ip", "tuntap", "add", "local-t0", "mode", "tun");
    sandbox.run("ip", "addr", "add", "fd12:3456:789a::6440:901/120", "dev", "local-t0");
    String[] arguments = {
      sandbox.directory().toString(), "100.64.0.0/16", "fd12:3456:789a::/96",
    };
    Process process = sandbox.java(LocalProgram.class, List.of(), arguments);
    assertThat(Sandbox.await(process.inputReader(), "failed"))
        .contains("fd12:3456:789a::6440:0/112 is in use")
        .contains("--range6 fd12:3456:789b::/96");
    process.waitFor();
    assertThat(sandbox.resolvConf()).isEqualTo(RESOLV_CONF);
    Running moved = start("100.64.0.0/16", "fd12:3456:789b::/96");
    assertThat(sandbox.run("dig", "+short", "payments.corp.internal", "AAAA").output())
        .startsWith("fd12:3456:789b::6440:");
    moved.kill();
    awaitAsBefore(RESOLV_CONF);
  }

  @Test
  void machineWithIpv6DisabledHasIpv4Only() throws Exception {
    sandbox.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
    assertIpv4Only(start(), "net.ipv6.conf.default.disable_ipv6 is 1");
  }

  @Test
  void machineWithoutIpv6LoopbackHasIpv4Only() throws Exception {
    sandbox.run("ip", "addr", "del", "::1/128", "dev", "lo");
    assertIpv4Only(start(), "this machine's loopback has no ::1");
  }

  private void assertIpv4Only(Running running, String reason) throws Exception {
    assertThat(sandbox.run("dig", "payments.corp.internal", "AAAA").output())
        .contains("status: NOERROR")
        .contains("ANSWER: 0");
    String page = "http://payments.corp.internal:8080/";
    assertThat(sandbox.run("curl", "-sS", "-m", "20", page).output())
        .isEqualTo("the application says hello\n");
    running.process().outputWriter().write("status\n");
    running.process().outputWriter().flush();
    assertThat(Sandbox.await(running.process().inputReader(), "done"))
        .contains("ipv6Range=,")
        .contains(reason);
    running.kill();
    awaitAsBefore(RESOLV_CONF);
  }
}
