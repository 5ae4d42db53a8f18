package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.link.TunnelStatus;
import org.postern.clientconnector.local.LocalLimits;
import org.postern.clientconnector.local.socks.LoopbackProxy;
import org.postern.clientconnector.local.system.SystemCommands;
import org.postern.clientconnector.posture.Machine;
import org.postern.clientconnector.posture.PostureAgent;
import org.postern.clientconnector.posture.PostureLimits;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Condition;
import org.postern.policystore.Operand;
import org.postern.policystore.Platform;
import org.postern.policystore.PostureProfile;
import org.postern.policystore.PostureRequirement;
import org.postern.policystore.PostureTerms;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.RuleMode;
import org.postern.policystore.Truth;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureReport;

/** A device that meets a posture profile may, and no longer may when it does not, all live. */
final class PostureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int FLOWS = 40;

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;
  private Channel proxy;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, policy(1, Duration.ofMinutes(10)));
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    device = all.device("u1", "d1");
    proxy =
        LoopbackProxy.listen(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                device.loop(),
                LocalLimits.DEFAULTS,
                device.tunnel().gateway())
            .sync()
            .getNow();
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
    all.close();
    echo.close();
  }

  private Path managed() {
    return directory.resolve("managed");
  }

  /** Everybody may, on a device where the file is. */
  private Snapshot policy(long version, Duration ageMax) {
    Snapshot open = Policies.allowing(version, echo.port());
    PostureProfile profile =
        new PostureProfile(
            "managed-laptop",
            List.of(Platform.LINUX),
            "",
            new PostureTerms(
                List.of(new PostureRequirement.File(managed().toString(), List.of())),
                ageMax,
                Duration.ZERO));
    RuleMatch anyone = RuleMatch.of(List.of("echo"), RuleMatch.Subjects.ANYONE);
    AccessRule rule =
        new AccessRule(
            "managed-only",
            AccessRule.Action.ALLOW,
            new RuleMatch(
                anyone.targets(),
                anyone.subjects(),
                List.of(
                    Condition.that(
                        new Operand.Posture(
                            List.of(new Operand.PostureResult("managed-laptop", Truth.TRUE)))))),
            RuleMode.ENFORCE,
            AccessRule.Terms.NONE);
    return Snapshot.build(
        version,
        open.configuration().withPostureProfiles(List.of(profile)).withRules(List.of(rule)),
        open.identities());
  }

  private PostureAgent agent() {
    PostureLimits d = PostureLimits.DEFAULTS;
    PostureLimits hasty =
        new PostureLimits(
            d.fileBytes(),
            d.digestBytes(),
            d.questionsMax(),
            d.subjectLength(),
            d.textLength(),
            d.processesMax(),
            d.digestsKept(),
            Duration.ofMillis(100),
            d.settingsEvery(),
            d.reportEvery(),
            Duration.ofMillis(50));
    PostureAgent agent =
        new PostureAgent(
            new Machine(Path.of("/"), new SystemCommands(null, Duration.ofSeconds(10)), 0, hasty),
            "0.1",
            System::nanoTime,
            device.tunnel()::report);
    device.loop().execute(() -> device.tunnel().onPostureQuestions(agent::asked));
    return agent;
  }

  /** A program's connection through the proxy; null if it is refused. */
  private @Nullable Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(30_000);
    socket.connect(proxy.localAddress());
    String target = "echo.corp.internal:" + echo.port();
    socket
        .getOutputStream()
        .write(
            ("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    StringBuilder head = new StringBuilder();
    for (int c = socket.getInputStream().read(); c >= 0; c = socket.getInputStream().read()) {
      head.append((char) c);
      if (head.toString().endsWith("\r\n\r\n")) {
        break;
      }
    }
    if (head.toString().contains(" 200 ")) {
      return socket;
    }
    socket.close();
    return null;
  }

  private boolean isServed() throws IOException {
    Socket socket = connect();
    if (socket == null) {
      return false;
    }
    socket.close();
    return true;
  }

  private static boolean ends(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private TunnelStatus.EndLine lastEnd() throws Exception {
    List<TunnelStatus.EndLine> ended = status().ended();
    assertThat(ended).isNotEmpty();
    return ended.getFirst();
  }

  private TunnelStatus status() throws Exception {
    return CompletableFuture.supplyAsync(() -> device.tunnel().status(), device.loop())
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void postureThatTurnsFalseCutsEveryFlowAndStatusSaysWhy() throws Exception {
    await().atMost(PATIENCE).until(() -> status().linked());
    assertThat(isServed()).as("nothing was reported").isFalse();
    Files.writeString(managed(), "yes");
    try (PostureAgent agent = agent()) {
      agent.start();
      // The broker asked before the agent listened, as after a restart of the agent alone.
      all.change(policy(2, Duration.ofMinutes(11)));
      all.restartBroker(Duration.ZERO);
      await().atMost(PATIENCE).until(this::isServed);
      List<Socket> programs = new ArrayList<>();
      for (int i = 0; i < FLOWS; i++) {
        await()
            .atMost(PATIENCE)
            .until(() -> {
              Socket program = connect();
              return program != null && programs.add(program);
            });
      }
      assertThat(all.liveFlows()).isGreaterThanOrEqualTo(FLOWS);
      assertThat(status().posture().profiles())
          .singleElement()
          .satisfies(profile -> assertThat(profile.result()).isEqualTo("true"));

      Files.delete(managed());
      for (Socket program : programs) {
        assertThat(ends(program)).isTrue();
      }

      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            TunnelStatus.EndLine end = lastEnd();
            assertThat(end.reason()).isEqualTo("POLICY_POSTURE");
            assertThat(end.text())
                .isEqualTo(
                    "your device no longer meets 'managed-laptop': file %s does not exist"
                        .formatted(managed()));
          });
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(status().posture().profiles())
                  .singleElement()
                  .satisfies(profile -> assertThat(profile.result()).isEqualTo("false")));
      assertThat(isServed()).isFalse();
      Files.writeString(managed(), "mended");
      await().atMost(PATIENCE).until(this::isServed);
      for (Socket program : programs) {
        program.close();
      }
    }
  }

  private PostureReport reportOfFile(boolean there) {
    return PostureReport.newBuilder()
        .addFacts(
            PostureFact.newBuilder()
                .setKind(PostureFact.Kind.KIND_FILE_EXISTS)
                .setSubject(managed().toString())
                .setFlag(there))
        .build();
  }

  @Test
  void reportThatBecomesTooOldCutsFlowsByItself() throws Exception {
    all.change(policy(2, Duration.ofSeconds(3)));
    device.tunnel().report(reportOfFile(true));
    List<Socket> open = new ArrayList<>();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          device.tunnel().report(reportOfFile(true));
          Socket program = connect();
          return program != null && open.add(program);
        });
    try (Socket program = open.getFirst()) {
      assertThat(ends(program)).isTrue();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          TunnelStatus.EndLine end = lastEnd();
          assertThat(end.reason()).isEqualTo("POLICY_POSTURE");
          assertThat(end.text()).contains("the last report is of", "older than 3 s");
        });
  }

  @Test
  void reportBeyondItsLimitsEndsTheLinkAndChangesNothing() throws Exception {
    await().atMost(PATIENCE).until(() -> status().linked());
    PostureReport.Builder flood = reportOfFile(true).toBuilder();
    for (int i = 0; i < 300; i++) {
      flood.addFacts(
          PostureFact.newBuilder()
              .setKind(PostureFact.Kind.KIND_FILE_EXISTS)
              .setSubject("/f" + i)
              .setFlag(true));
    }
    device.tunnel().report(flood.build());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(status().linkReason()).isEqualTo("PROTOCOL_ERROR"));
    assertThat(all.liveFlows()).isZero();
  }
}
