package org.postern.tunnel.link;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.ReasonCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of those at the door who do not get on. */
@Timeout(120)
class DoorDeadlinesTest {
  private static final TestPki PKI = new TestPki();
  private static final TunnelLimits LIMITS = TunnelLimits.DEFAULT;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(500);

  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 2, SECONDS).syncUninterruptibly();
  }

  /** Only the deadline that is looked at is short: every other one is met on any machine. */
  private static TestBroker door(Duration handshake, Duration hello) {
    TunnelLimits.Deadlines usual = LIMITS.deadlines();
    return new TestBroker(
        PKI,
        LIMITS.withDeadlines(
            new TunnelLimits.Deadlines(
                usual.connect(), handshake, hello, usual.laneAnswer(), usual.laneHandshake())));
  }

  private static TestBroker hastyAtTheHandshake() {
    return door(SHORT, LIMITS.deadlines().hello());
  }

  @Test
  void slowHelloEndsAtTheDeadline() throws Exception {
    try (TestBroker door = door(LIMITS.deadlines().handshake(), SHORT)) {
      ScriptedPeer peer = new ScriptedPeer(loops, door.port(), PKI.outerClient(TestPki.DEVICE));
      byte[] hello = {0, 0, 0, 30, 10, 28};
      for (byte each : hello) {
        peer.say(each);
      }
      Envelope last = peer.hears();
      assertThat(last.getRejected().getReason()).isEqualTo(ReasonCode.HELLO_TIMEOUT);
      assertThat(peer.channel.closeFuture().await(30, SECONDS)).isTrue();
    }
  }

  @Test
  void halfAClientHelloIsHeldNoLongerThanTheDeadline() throws Exception {
    try (TestBroker hasty = hastyAtTheHandshake();
        Socket socket = connect(hasty)) {
      socket.getOutputStream().write(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
      // Before the usual deadline would close it.
      socket.setSoTimeout((int) LIMITS.deadlines().handshake().minusSeconds(2).toMillis());
      assertThat(drained(socket)).isTrue();
    }
  }

  @Test
  void stormsOfGarbageLeaveNeitherMemoryNorStackTraces() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    var root = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(log);
    try (TestBroker hasty = hastyAtTheHandshake()) {
      storm(hasty, 1);
      long before = PlatformDependent.usedDirectMemory();
      storm(hasty, 2);
      storm(hasty, 3);
      assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(8L << 20);
      // And honest people still get in.
      await().atMost(PATIENCE).until(() -> dial(hasty).await().isSuccess());
    } finally {
      root.detachAppender(log);
    }
    assertThat(log.list)
        .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
        .isEmpty();
  }

  private Future<ControlLink> dial(TestBroker to) {
    return to.dialer(PKI.outerClient(TestPki.DEVICE), LIMITS)
        .control(loops.next(), TestBroker.hello(), new Deaf());
  }

  private static void storm(TestBroker at, long seed) throws Exception {
    Random random = new Random(seed);
    byte[] garbage = new byte[64 << 10];
    random.nextBytes(garbage);
    // Once the look of a TLS record, so that it has to be taken seriously.
    byte[] record = garbage.clone();
    record[0] = 22;
    record[1] = 3;
    record[2] = 1;
    List<Socket> held = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Socket socket = connect(at);
      held.add(socket);
      try {
        // Together well over 16 MiB, if anybody would read it.
        for (int repeat = 0; repeat < 8; repeat++) {
          socket.getOutputStream().write(i % 2 == 0 ? garbage : record);
        }
      } catch (IOException e) {
        // Closed on us: as it should be.
      }
    }
    for (Socket socket : held) {
      socket.setSoTimeout(30_000);
      assertThat(drained(socket)).isTrue();
      socket.close();
    }
  }

  private static Socket connect(TestBroker to) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), to.port());
  }

  /** True when the other side closed; false after a while. */
  private static boolean drained(Socket socket) {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static final class Deaf implements ControlLinkListener {
    @Override
    public void onMessage(ControlLink link, Envelope message) {}

    @Override
    public void onClosed(ControlLink link, ReasonCode reason, String text) {}
  }
}
