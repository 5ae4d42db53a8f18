package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.TunnelLimits;
import org.postern.tunnel.TunnelProtocol;
import org.postern.tunnel.link.BrokerDialer;
import org.postern.tunnel.link.CarrierListener;
import org.postern.tunnel.link.ControlLink;
import org.postern.tunnel.link.ControlLinkListener;
import org.postern.tunnel.link.ParkedCarrier;
import org.postern.tunnel.link.TestBroker;
import org.postern.tunnel.link.TestPki;
import org.postern.tunnel.message.Envelope;
import org.postern.tunnel.message.LaneOffer;
import org.postern.tunnel.message.LaneRequest;
import org.postern.tunnel.message.ReasonCode;

/**
 * What an idle control link, parked carrier and lane cost a broker in memory: heap after a full
 * collection, and what the process holds beyond its (pre-touched) heap. Run by hand:
 *
 * <pre>
 *   java -cp ... org.postern.tunnel.lane.FootprintMeasurement [how many of each]
 * </pre>
 *
 * The broker runs in a process of its own, with the same CA.
 */
public final class FootprintMeasurement {
  private FootprintMeasurement() {}

  /** Without arguments: 1000 of each. */
  public static void main(String... args) throws Exception {
    if (args.length > 0 && args[0].equals("broker")) {
      broker(Path.of(args[1]));
      return;
    }
    new FootprintMeasurement().measure(args.length > 0 ? Integer.parseInt(args[0]) : 1000);
  }

  private static void broker(Path caFile) throws IOException {
    TestPki pki = TestPki.shared(caFile);
    TestBroker broker =
        new TestBroker(pki.outerServer(TestPki.BROKER), TunnelLimits.DEFAULT, 1, true);
    System.out.println(broker.port());
    BufferedReader in =
        new BufferedReader(new java.io.InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) {
      System.gc();
      System.gc();
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      System.out.println(heap + " " + residentBytes());
    }
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no VmRSS");
  }

  private final Path caFile =
      Path.of(System.getProperty("java.io.tmpdir"), "ca-" + ProcessHandle.current().pid() + ".p12");
  private final TestPki pki = TestPki.shared(caFile);
  private final MultiThreadIoEventLoopGroup ends =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final EventLoop loop = ends.next();
  private final SslContext outerDevice = pki.outerClient(TestPki.DEVICE);
  private final SslContext outerConnector = pki.outerClient(TestPki.CONNECTOR);
  private final SslContext innerDevice =
      pki.client(pki.leaf(TestPki.DEVICE), TunnelProtocol.LANE_ALPN);
  private final SslContext innerConnector =
      pki.server(pki.leaf(TestPki.CONNECTOR), TunnelProtocol.LANE_ALPN);
  private final List<Object> kept = new ArrayList<>();

  private record Reading(long heap, long resident) {}

  private void measure(int count) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xms512m",
                "-Xmx512m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                FootprintMeasurement.class.getName(),
                "broker",
                caFile.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    PrintWriter in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    try {
      int port = Integer.parseInt(out.readLine());
      BrokerDialer device = TestBroker.dialer(port, outerDevice, TunnelLimits.DEFAULT);
      BrokerDialer connector = TestBroker.dialer(port, outerConnector, TunnelLimits.DEFAULT);
      // Warm: classes, arenas, pools.
      links(device, 100);
      lanes(device, connector, 100);
      Reading before = read(in, out);
      links(device, count);
      before = report("control link", before, read(in, out), count);
      carriers(device, count);
      before = report("parked carrier", before, read(in, out), count);
      lanes(device, connector, count);
      report("lane", before, read(in, out), count);
    } finally {
      process.destroy();
      Files.delete(caFile);
      ends.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  private static Reading read(PrintWriter in, BufferedReader out) throws IOException {
    in.println("measure");
    String[] numbers = out.readLine().split(" ");
    return new Reading(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
  }

  private static Reading report(String what, Reading before, Reading after, int count) {
    System.out.printf(
        "%s: %.1f KiB heap, %.1f KiB native%n",
        what,
        (after.heap() - before.heap()) / 1024.0 / count,
        (after.resident() - before.resident()) / 1024.0 / count);
    return after;
  }

  private void links(BrokerDialer dialer, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      kept.add(dialer.control(loop, TestBroker.hello(), new Deaf()).sync().getNow());
    }
  }

  private void carriers(BrokerDialer dialer, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      kept.add(dialer.park(loop, TestBroker.hello(), new Deaf()).sync().getNow());
    }
  }

  private void lanes(BrokerDialer device, BrokerDialer connector, int count) throws Exception {
    LaneDialer lanes = new LaneDialer(() -> innerDevice, TunnelLimits.DEFAULT);
    LaneAcceptor acceptor =
        new LaneAcceptor(
            () -> innerConnector, TestPki.only("spiffe://test/client/"), TunnelLimits.DEFAULT);
    for (int i = 0; i < count; i++) {
      connector
          .park(
              loop,
              TestBroker.hello(),
              new Deaf() {
                @Override
                public void onOffer(ParkedCarrier carrier, LaneOffer offer) {
                  acceptor.accept(carrier, offer, loop);
                }
              })
          .sync();
      ParkedCarrier carrier = device.park(loop, TestBroker.hello(), new Deaf()).sync().getNow();
      ByteString id = ByteString.copyFrom(ByteBuffer.allocate(16).putInt(kept.size()).rewind());
      kept.add(
          lanes
              .dial(
                  carrier,
                  LaneRequest.newBuilder().setLaneId(id).build(),
                  TestPki.only("spiffe://test/connector/"))
              .sync()
              .getNow());
    }
  }

  private static class Deaf implements CarrierListener, ControlLinkListener {
    @Override
    public void onOffer(ParkedCarrier carrier, LaneOffer offer) {}

    @Override
    public void onClosed(ParkedCarrier carrier, ReasonCode reason, String text) {}

    @Override
    public void onMessage(ControlLink link, Envelope message) {}

    @Override
    public void onClosed(ControlLink link, ReasonCode reason, String text) {}
  }
}
