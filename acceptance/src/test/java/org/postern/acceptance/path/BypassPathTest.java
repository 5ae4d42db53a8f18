package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.Resolution;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.decision.Snapshot;
import org.postern.policystore.yaml.PolicyParser;
import org.postern.tunnel.message.Why;
import org.postern.tunnel.message.WhyAnswer;

/** Names that policy leaves alone, as the device hears of them and as its programs reach them. */
final class BypassPathTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private void change(long version, String more) {
    String text =
        """
        version: 1
        domains: [corp.internal]
        connectorGroups: [{name: vpc-a}]
        trustedNetworks:
          - {name: here, sources: [127.0.0.0/8, "::1/128"]}
          - {name: elsewhere, sources: [192.0.2.0/24]}
        identityProviders:
          - {name: idp, issuer: "https://idp.example", clientId: postern}
        %s
        """
            .formatted(more);
    PolicyParser.Result read = new PolicyParser(PolicyLimits.DEFAULT).parse(text);
    assertThat(read).isInstanceOf(PolicyParser.Result.Parsed.class);
    PolicyConfiguration configuration =
        ((PolicyParser.Result.Parsed) read).document().over(PolicyConfiguration.EMPTY);
    all.change(Snapshot.build(version, configuration, all.snapshot.get().identities()));
  }

  private static OwnedNames plan(OneProcess.Device device) {
    return device.names().getOrDefault("plan", OwnedNames.NONE);
  }

  private static Resolution resolve(OneProcess.Device device, String host) throws Exception {
    Future<Resolution> answer =
        device
            .loop()
            .submit(() -> device.tunnel().gateway().resolve(host))
            .get(30, TimeUnit.SECONDS);
    return answer.get(30, TimeUnit.SECONDS);
  }

  @Test
  void bypassedNameBelowOurDomainIsNotOursAndIsDialledFromTheDevice() throws Exception {
    change(
        2,
        """
        applications:
          - {name: all, hosts: ["*.corp.internal"], tcp: [443], connectorGroups: [vpc-a]}
          - {name: print, hosts: ["*.print.corp.internal", localhost], tcp: [443],
             connectorGroups: [vpc-a], bypass: always}
        rules:
          - {name: everybody, action: allow, applications: [all], anyone: true}
        """);
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> plan(device).policyVersion() == 2);
    assertThat(plan(device).owns("wiki.corp.internal")).isTrue();
    assertThat(plan(device).owns("one.print.corp.internal")).isFalse();
    assertThat(plan(device).bypasses("one.print.corp.internal")).isTrue();
    assertThat(resolve(device, "one.print.corp.internal")).isInstanceOf(Resolution.Bypassed.class);
    assertThat(resolve(device, "wiki.corp.internal")).isInstanceOf(Resolution.Permitted.class);
    Future<WhyAnswer> why =
        device
            .loop()
            .submit(() ->
                device
                    .tunnel()
                    .questions()
                    .why(Why.newBuilder().setHost("one.print.corp.internal")))
            .get(30, TimeUnit.SECONDS);
    assertThat(why.get(30, TimeUnit.SECONDS).getOutcome())
        .isEqualTo(WhyAnswer.Outcome.OUTCOME_BYPASSED);
    // No connector is linked: nobody but the device itself can have dialled.
    assertThat(throughTheProxy(device, "localhost", echo.port())).isEqualTo("hello");
  }

  private static String throughTheProxy(OneProcess.Device device, String host, int port)
      throws Exception {
    Channel proxy =
        LoopbackProxy.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                device.loop(),
                LocalLimits.DEFAULTS,
                device.tunnel().gateway())
            .sync()
            .getNow();
    try (Socket socket = new Socket()) {
      socket.connect(proxy.localAddress());
      socket.setSoTimeout((int) PATIENCE.toMillis());
      String ask = "CONNECT %s:%d HTTP/1.1\r\n\r\n".formatted(host, port);
      socket.getOutputStream().write(ask.getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      for (int c = socket.getInputStream().read(); c >= 0; c = socket.getInputStream().read()) {
        head.append((char) c);
        if (head.toString().endsWith("\r\n\r\n")) {
          break;
        }
      }
      assertThat(head.toString()).startsWith("HTTP/1.1 200");
      socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } finally {
      proxy.close().sync();
    }
  }

  @Test
  void bypassedConnectionThatBreaksIsResetAtTheProgram() throws Exception {
    change(
        2,
        """
        applications:
          - {name: print, hosts: [localhost], tcp: [443], connectorGroups: [vpc-a], bypass: always}
        rules:
          - {name: everybody, action: allow, applications: [print], anyone: true}
        """);
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> plan(device).policyVersion() == 2);
    try (ServerSocket application = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> resetAfterHello(application));
      assertThatThrownBy(() -> throughTheProxy(device, "localhost", application.getLocalPort()))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  private static void resetAfterHello(ServerSocket application) {
    try (Socket served = application.accept()) {
      served.getInputStream().readAllBytes();
      served.getOutputStream().write("half an ans".getBytes(StandardCharsets.US_ASCII));
      served.setSoLinger(true, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void deviceOnATrustedNetworkLeavesAloneWhatPolicySaysForIt() throws Exception {
    change(
        2,
        """
        applications:
          - {name: near, hosts: [near.corp.internal], tcp: [443], connectorGroups: [vpc-a],
             bypass: on-trusted-network}
          - {name: far, hosts: [far.corp.internal], tcp: [443], connectorGroups: [vpc-a]}
        rules:
          - {name: from-here, action: allow, applications: [far], anyone: true,
             when: [{trustedNetworks: [here]}]}
        forwardingRules:
          - {name: not-here, forwarding: bypass, applications: [far], anyone: true,
             when: [{trustedNetworks: [elsewhere]}]}
        """);
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> plan(device).policyVersion() == 2);
    assertThat(plan(device).owns("near.corp.internal")).isFalse();
    assertThat(resolve(device, "near.corp.internal")).isInstanceOf(Resolution.Bypassed.class);
    assertThat(resolve(device, "far.corp.internal")).isInstanceOf(Resolution.Permitted.class);
  }

  @Test
  void planChangesWhenTheTimeOfAForwardingRuleIsOver() throws Exception {
    Instant end = Instant.now().plusSeconds(3).truncatedTo(ChronoUnit.SECONDS);
    change(
        2,
        """
        applications:
          - {name: wiki, hosts: [wiki.corp.internal], tcp: [443], connectorGroups: [vpc-a]}
        rules:
          - {name: everybody, action: allow, applications: [wiki], anyone: true}
        forwardingRules:
          - {name: for-now, forwarding: bypass, applications: [wiki], anyone: true,
             expires: "%s"}
        """
            .formatted(end));
    OneProcess.Device device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> plan(device).policyVersion() == 2);
    await().atMost(PATIENCE).until(() -> plan(device).owns("wiki.corp.internal"));
    assertThat(Instant.now()).isAfterOrEqualTo(end);
    assertThat(resolve(device, "wiki.corp.internal")).isInstanceOf(Resolution.Permitted.class);
    assertThat(plan(device).policyVersion()).as("by time alone").isEqualTo(2);
  }
}
