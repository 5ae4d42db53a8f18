package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.Target;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.LiveTls;
import org.postern.identity.SpiffeId;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.EpollLoops;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.Grant;
import org.postern.tunnel.message.Hello;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * What enemies say at the broker's one port, and to a real app connector through it. Each is
 * refused by name, none leaves a stack trace or memory behind, and a flow that was there goes on.
 */
final class HostileInputTest {
  private static final Duration VALIDITY = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int GARBAGE_BYTES = 16 << 20;

  /** What a stream of garbage may cost while it lasts. */
  private static final long MEMORY_MAX = 8L << 20;

  private static final SpiffeId DEVICE = new SpiffeId.ClientId(OneProcess.DOMAIN, "u1", "d2");
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
  private CapturedLog log;
  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device honest;
  private Program witness;

  @BeforeEach
  void start() throws Exception {
    log = new CapturedLog();
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()));
    all.connector("vpc-a", "c1", EchoApplication.resolver());
    honest = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> honest.owns("echo.corp.internal"));
    witness = Program.connect(honest, new Target("echo.corp.internal", echo.port()));
    assertThat(witness.ask("before")).isEqualTo("before");
  }

  @AfterEach
  void stop() throws Exception {
    try {
      assertThat(witness.ask("after")).as("the honest flow").isEqualTo("after");
      witness.close();
    } finally {
      all.close();
      echo.close();
      loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
      log.close();
    }
    log.assertNoStackTrace();
  }

  private Socket stranger() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), all.brokerPort());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  private ScriptedEnd end(SpiffeId id, Hello.Kind kind) throws Exception {
    LiveTls tls = all.tls(id, VALIDITY);
    ScriptedEnd end =
        new ScriptedEnd(loops, all.brokerPort(), tls.client(TunnelProtocol.ALPN).get());
    end.say(ScriptedEnd.hello(kind));
    assertThat(end.hears().hasWelcome()).isTrue();
    return end;
  }

  private static boolean ends(Socket socket) {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static long heapBytes() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void strangersAreNotHeard() throws Exception {
    CertificateAuthority other =
        CertificateAuthority.create(OneProcess.DOMAIN, InstantSource.system());
    LiveTls foreign =
        new LiveTls(other.issueOwn(DEVICE, VALIDITY), all.ca.trust(), InstantSource.system());
    LiveTls shortLived = all.tls(DEVICE, Duration.ofSeconds(2));
    await()
        .atMost(PATIENCE)
        .until(() -> shortLived.credential().notAfter().isBefore(Instant.now()));
    for (LiveTls each : List.of(foreign, shortLived)) {
      assertNotHeard(each.client(TunnelProtocol.ALPN).get());
    }
    foreign.close();
    assertNotHeard(
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .protocols("TLSv1.3")
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    TunnelProtocol.ALPN))
            .build());
  }

  private void assertNotHeard(SslContext tls) throws Exception {
    try (ScriptedEnd end = new ScriptedEnd(loops, all.brokerPort(), tls)) {
      end.say(ScriptedEnd.hello(Hello.Kind.KIND_CONTROL));
      assertThat(end.ends()).isTrue();
      assertThat(end.silent()).isTrue();
    }
  }

  @Test
  void sixteenMebibytesOfGarbageBehindACertificateAreAFrameTooLarge() throws Exception {
    byte[] noise = new byte[64 << 10];
    new Random(4).nextBytes(noise);
    noise[0] = 0x7f; // a length of two gigabytes
    long heap = heapBytes();
    long direct = PlatformDependent.usedDirectMemory();
    try (ScriptedEnd end = end(DEVICE, Hello.Kind.KIND_CONTROL)) {
      try {
        for (int sent = 0; sent < GARBAGE_BYTES; sent += noise.length) {
          end.say(noise);
          assertThat(PlatformDependent.usedDirectMemory() - direct).isLessThan(MEMORY_MAX);
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("closed");
      }
      assertThat(end.ends()).isTrue();
      assertThat(end.lastHeard().getRejected().getReason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
      // The broker's side of it is over when the peer has closed, too.
      await().atMost(PATIENCE).untilAsserted(() -> log.assertSays("FRAME_TOO_LARGE message of"));
    }
    // The heap is that of the whole process: what others have made of late is collected, too.
    await().atMost(PATIENCE).until(() -> heapBytes() - heap < MEMORY_MAX);
  }

  @Test
  void halfAClientHelloIsHeldOpenNoLongerThanItsDeadline() throws Exception {
    byte[] half = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
    long direct = PlatformDependent.usedDirectMemory();
    List<Socket> held = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      held.add(stranger());
      held.getLast().getOutputStream().write(half);
    }
    assertThat(PlatformDependent.usedDirectMemory() - direct).isLessThan(MEMORY_MAX);
    for (Socket each : held) {
      assertThat(ends(each)).isTrue();
      each.close();
    }
  }

  @Test
  void messageOverTheLimitIsRefusedBeforeItComes() throws Exception {
    try (ScriptedEnd end = end(DEVICE, Hello.Kind.KIND_CONTROL)) {
      end.say(new byte[] {0, 0x10, 0, 1});
      assertThat(end.ends()).isTrue();
      assertThat(end.lastHeard().getRejected().getReason()).isEqualTo(ReasonCode.FRAME_TOO_LARGE);
    }
  }

  @Test
  void forgedGrantOfADeviceIsNotItsToGive() throws Exception {
    try (ScriptedEnd end = end(DEVICE, Hello.Kind.KIND_CONTROL)) {
      end.say(Envelope.newBuilder().setGrant(Grant.newBuilder().setFlowId(1)).build());
      assertThat(end.ends()).isTrue();
      assertThat(end.lastHeard().getRejected().getReason())
          .isEqualTo(ReasonCode.UNEXPECTED_MESSAGE);
    }
  }

  @Test
  void rawBytesBeforeTheLanesAnswerEndTheCarrier() throws Exception {
    try (ScriptedEnd device = end(DEVICE, Hello.Kind.KIND_CONTROL);
        ScriptedEnd carrier = end(DEVICE, Hello.Kind.KIND_CARRIER)) {
      byte[] raw = new byte[25];
      raw[0] = 23;
      raw[1] = 3;
      raw[2] = 3;
      raw[4] = 20;
      carrier.sayWithRaw(
          Envelope.newBuilder()
              .setLaneRequest(
                  LaneRequest.newBuilder()
                      .setLaneId(ByteString.copyFrom(new byte[16]))
                      .setConnectorGroup("vpc-a")
                      .setClientHello(ByteString.copyFrom(new byte[100])))
              .build(),
          raw);
      assertThat(carrier.ends()).isTrue();
      await()
          .atMost(PATIENCE)
          .until(() -> all.carrierEnds.contains(ReasonCode.RAW_BYTES_TOO_EARLY));
      assertThat(device.isOpen()).isTrue();
    }
  }
}
