package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.link.Connector;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.DatagramEnd;
import org.postern.clientconnector.local.Target;
import org.postern.tunnel.message.ReasonCode;

/** Two connectors of one group: a device that has a lane to one of them is sent to the other. */
final class TwoConnectorsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int OPENS_PER_SECOND = 10_000;

  /** Both have as many as the broker lets one have more than the other, and some. */
  private static final int FLOWS = 150;

  private static final int CEILING = 64;

  @TempDir private Path directory;
  private final List<Program> held = new ArrayList<>();
  private EchoApplication echo;
  private OneProcess all;

  @SuppressWarnings("NullAway.Init")
  private OneProcess.Device device;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()), OPENS_PER_SECOND);
  }

  @AfterEach
  void stop() throws Exception {
    for (Program each : held) {
      each.close();
    }
    all.close();
    echo.close();
  }

  /** One after the other, so that the device's lane is to the first. */
  private List<Connector> connectors(String firstDials, String secondDials) throws Exception {
    Connector first = all.connector("vpc-a", "c1", resolver(firstDials));
    await()
        .atMost(PATIENCE)
        .until(() -> all.connectors() == 1 && first.status().applications() > 0);
    // Its plan names the group, and that makes a lane: only this connector is there to take it.
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> first.status().lanes() > 0);
    Connector second = all.connector("vpc-a", "c3", resolver(secondDials));
    await()
        .atMost(PATIENCE)
        .until(() -> all.connectors() == 2 && second.status().applications() > 0);
    return List.of(first, second);
  }

  private static SystemResolver resolver(String address) throws Exception {
    List<InetAddress> addresses = List.of(InetAddress.getByName(address));
    return new SystemResolver(List.of(), Map.of("echo.corp.internal", addresses));
  }

  private Target target() {
    return new Target("echo.corp.internal", echo.port());
  }

  private static byte[] words(int number) {
    // From a few bytes to several frames: what is sent again is more than one piece.
    return ("flow " + number + " ").repeat(1 + number * 40).getBytes(StandardCharsets.UTF_8);
  }

  /** The early bytes come back once, and the end after them. */
  private static void assertServedExactlyOnce(Program program, byte[] said) throws Exception {
    assertThat(program.answer()).isEqualTo("opened");
    program.socket().shutdownOutput();
    assertThat(program.socket().getInputStream().readAllBytes()).isEqualTo(said);
  }

  @Test
  void secondConnectorTakesOverWhenFlowsPileUpOnTheFirst() throws Exception {
    List<Connector> both = connectors("127.0.0.1", "127.0.0.1");
    List<Program> programs = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < FLOWS; i++) {
      bytes += words(i).length;
      programs.add(Program.connect(device, target(), words(i)));
    }
    for (Program each : programs) {
      assertThat(each.answer()).isEqualTo("opened");
    }
    assertThat(both.getFirst().status().flows()).as("first").isGreaterThan(CEILING);
    assertThat(both.getLast().status().flows()).as("second").isPositive();
    assertThat(both.stream().mapToInt(each -> each.status().flows()).sum()).isEqualTo(FLOWS);
    for (int i = 0; i < FLOWS; i++) {
      try (Program program = programs.get(i)) {
        assertServedExactlyOnce(program, words(i));
      }
    }
    assertThat(echo.connections.get()).as("connections at the application").isEqualTo(FLOWS);
    assertThat(echo.heardBytes.get()).as("bytes at the application").isEqualTo(bytes);
    await().atMost(PATIENCE).until(() -> all.liveFlows() == 0);
    for (Connector each : both) {
      assertThat(each.status().lanes()).as("lanes are shared, not one per flow").isLessThan(4);
      // The connector's side of it may be over a moment after the broker's.
      await().atMost(PATIENCE).until(() -> each.status().bufferedBytes() == 0);
    }
  }

  /**
   * A device whose only lane is to the first connector, at a broker that knows that the target is
   * down there: by the probe, or by the dial of another device, whose flow is returned open.
   */
  private OneProcess.Device newcomer(List<Connector> both) throws Exception {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          Program program = Program.connect(device, target());
          held.add(program);
          return program.answer().equals("opened");
        });
    for (int i = 0; i < 4; i++) {
      held.add(Program.connect(device, target()));
      assertThat(held.getLast().answer()).isEqualTo("opened");
    }
    int before = both.getFirst().status().lanes();
    OneProcess.Device other = all.device("u1", "d2");
    // The first is less busy, which is all that counts for a lane that no flow needs yet.
    await().atMost(PATIENCE).until(() -> both.getFirst().status().lanes() > before);
    assertThat(both.getLast().status().lanes()).isEqualTo(1);
    echo.connections.set(0);
    return other;
  }

  @Test
  void targetThatIsDownForTheFirstConnectorIsReachedThroughTheSecond() throws Exception {
    OneProcess.Device other = newcomer(connectors("127.0.0.2", "127.0.0.1"));
    for (int i = 0; i < 20; i++) {
      try (Program program = Program.connect(other, target(), words(i))) {
        assertServedExactlyOnce(program, words(i));
      }
    }
    assertThat(echo.connections.get()).isEqualTo(20);
  }

  @Test
  void endOfWhatTheProgramSendsTravelsWithItsEarlyData() throws Exception {
    OneProcess.Device other = newcomer(connectors("127.0.0.2", "127.0.0.1"));
    try (Program program = Program.connectAndFinish(other, target(), words(3))) {
      assertThat(program.socket().getInputStream().readAllBytes()).isEqualTo(words(3));
      assertThat(program.answer()).isEqualTo("opened");
    }
  }

  @Test
  void targetThatIsDownForBothIsRefusedWithItsReason() throws Exception {
    connectors("127.0.0.2", "127.0.0.2");
    for (int i = 0; i < 10; i++) {
      try (Program program = Program.connect(device, target(), words(i))) {
        assertThat(program.answer()).isEqualTo("CONNECT_REFUSED");
      }
    }
  }

  @Test
  void datagramsThatWereSentEarlyAreSentOnce() throws Exception {
    OneProcess.Device other = newcomer(connectors("127.0.0.2", "127.0.0.1"));
    BlockingQueue<String> atTheApplication = new LinkedBlockingQueue<>();
    InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.port());
    try (DatagramSocket server = new DatagramSocket(here)) {
      Thread.ofVirtual().start(() -> answer(server, atTheApplication));
      BlockingQueue<String> answers = new LinkedBlockingQueue<>();
      other
          .loop()
          .execute(() -> {
            var association = other.tunnel().gateway().associate(target(), new Heard(answers));
            association.send(Unpooled.copiedBuffer("one", StandardCharsets.UTF_8));
            association.send(Unpooled.copiedBuffer("two", StandardCharsets.UTF_8));
          });
      assertThat(answers.poll(30, TimeUnit.SECONDS)).isEqualTo("one");
      assertThat(answers.poll(30, TimeUnit.SECONDS)).isEqualTo("two");
      assertThat(atTheApplication).containsExactly("one", "two");
    }
  }

  private static void answer(DatagramSocket server, BlockingQueue<String> heard) {
    byte[] bytes = new byte[2048];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        server.receive(packet);
        heard.add(new String(bytes, 0, packet.getLength(), StandardCharsets.UTF_8));
        server.send(packet);
      }
    } catch (java.io.IOException e) {
      // Closed at the end of the test.
    }
  }

  private record Heard(BlockingQueue<String> said) implements DatagramEnd {
    @Override
    public void onDatagram(ByteBuf payload) {
      said.add(payload.toString(StandardCharsets.UTF_8));
      payload.release();
    }

    @Override
    public void onClosed(ReasonCode reason, String text) {
      said.add("closed: " + reason.name());
    }
  }
}
