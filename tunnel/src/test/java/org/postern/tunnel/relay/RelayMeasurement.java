package org.postern.tunnel.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.postern.tunnel.message.ReasonCode;

/**
 * What a relay costs, in seconds of CPU (user and system) per gigabyte: ours in a process of its
 * own, and HAProxy in TCP mode with splicing, between the same source and sink, in turns. Run by
 * hand:
 *
 * <pre>
 *   java -cp ... org.postern.tunnel.relay.RelayMeasurement [gigabytes] [rounds] [chunk KiB]
 * </pre>
 */
public final class RelayMeasurement {
  private static final long GIGABYTE = 1_000_000_000L;
  private static final int TICKS_PER_SECOND = 100;

  private RelayMeasurement() {}

  /** Without arguments: 3 gigabytes, 3 rounds, 1024 KiB. */
  public static void main(String... args) throws Exception {
    if (args.length > 0 && args[0].equals("relay")) {
      relay(Integer.parseInt(args[1]) << 10, Integer.parseInt(args[2]));
      return;
    }
    int gigabytes = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    String chunk = args.length > 2 ? args[2] : "1024";
    try (ServerSocket sink = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Process ours = oursInAProcess(chunk, sink.getLocalPort());
      int ourPort = Integer.parseInt(ours.inputReader(StandardCharsets.UTF_8).readLine());
      int proxyPort = freePort();
      Process haproxy = haproxy(proxyPort, sink);
      try {
        pass(sink, ourPort, GIGABYTE);
        pass(sink, proxyPort, GIGABYTE);
        List<Double> our = new ArrayList<>();
        List<Double> its = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
          our.add(cost("postern", ours, bytes -> pass(sink, ourPort, bytes), gigabytes));
          its.add(cost("haproxy", haproxy, bytes -> pass(sink, proxyPort, bytes), gigabytes));
        }
        System.out.printf(
            "median: postern %.3f, haproxy %.3f, ratio %.2f%n",
            median(our), median(its), median(our) / median(its));
      } finally {
        haproxy.destroy();
        ours.destroy();
      }
    }
  }

  private interface Pass {
    void run(long bytes) throws Exception;
  }

  private static double median(List<Double> costs) {
    return costs.stream().sorted().skip(costs.size() / 2).findFirst().orElseThrow();
  }

  private static double cost(String name, Process process, Pass pass, int gigabytes)
      throws Exception {
    long cpu = cpuTicks(process);
    long start = System.nanoTime();
    pass.run(gigabytes * GIGABYTE);
    double seconds = (System.nanoTime() - start) / 1e9;
    double used = (cpuTicks(process) - cpu) / (double) TICKS_PER_SECOND;
    System.out.printf(
        "%s: %.3f s CPU per GB, %.0f MB/s%n", name, used / gigabytes, gigabytes * 1000 / seconds);
    return used / gigabytes;
  }

  private static long cpuTicks(Process process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /** Source into the relay, relay into the sink. */
  private static void pass(ServerSocket sink, int relayPort, long bytes) throws Exception {
    CompletableFuture<Long> received = new CompletableFuture<>();
    Thread.ofPlatform().start(() -> swallow(sink, bytes, received));
    try (Socket source = new Socket(InetAddress.getLoopbackAddress(), relayPort)) {
      OutputStream out = source.getOutputStream();
      byte[] chunk = new byte[256 << 10];
      for (long left = bytes; left > 0; left -= Math.min(left, chunk.length)) {
        out.write(chunk, 0, (int) Math.min(left, chunk.length));
      }
      received.get(120, TimeUnit.SECONDS);
    }
  }

  private static void swallow(ServerSocket sink, long bytes, CompletableFuture<Long> received) {
    try (Socket socket = sink.accept()) {
      byte[] buffer = new byte[512 << 10];
      InputStream in = socket.getInputStream();
      long left = bytes;
      while (left > 0) {
        int n = in.read(buffer);
        if (n < 0) {
          break;
        }
        left -= n;
      }
      received.complete(bytes - left);
    } catch (IOException e) {
      received.completeExceptionally(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process haproxy(int port, ServerSocket sink) throws Exception {
    Path config = Files.createTempFile("relay", ".cfg");
    Files.writeString(
        config,
        """
        global
          nbthread 1
          maxconn 100
        defaults
          mode tcp
          option splice-auto
          option splice-request
          option splice-response
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        listen relay
          bind 127.0.0.1:%d
          server sink 127.0.0.1:%d
        """
            .formatted(port, sink.getLocalPort()));
    Process process =
        new ProcessBuilder("haproxy", "-db", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    for (int i = 0; i < 200; i++) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        sink.accept().close();
        return process;
      } catch (IOException e) {
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
    }
    throw new IOException("haproxy did not start");
  }

  private static Process oursInAProcess(String chunk, int sinkPort) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                RelayMeasurement.class.getName(),
                "relay",
                chunk,
                Integer.toString(sinkPort)));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** The very classes of the broker's relay, without the TLS that precedes them. */
  private static void relay(int chunkBytes, int sinkPort) throws Exception {
    MultiThreadIoEventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Bootstrap toSink =
        new Bootstrap()
            .group(loop)
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {}
                });
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel source) {
                    toSink
                        .connect(InetAddress.getLoopbackAddress(), sinkPort)
                        .addListener((ChannelFuture connected) ->
                            join(source, connected.channel(), chunkBytes));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    System.out.println(((InetSocketAddress) server.localAddress()).getPort());
    System.out.flush();
    server.closeFuture().sync();
  }

  private static void join(Channel source, Channel sink, int chunkBytes) {
    JoinedLane lane = new JoinedLane(source.eventLoop(), "source", "sink", new Deaf(), chunkBytes);
    RelayEnd sourceEnd = new RelayEnd(lane, sink, ReasonCode.DEVICE_GONE);
    RelayEnd sinkEnd = new RelayEnd(lane, source, ReasonCode.CONNECTOR_GONE);
    source.pipeline().addLast(sourceEnd);
    sink.pipeline().addLast(sinkEnd);
    lane.join(source, sourceEnd, sink, sinkEnd);
  }

  private static final class Deaf implements RelayListener {
    @Override
    public void onJoined(JoinedLane lane) {}

    @Override
    public void onClosed(JoinedLane lane, LaneCounts counts, ReasonCode reason) {}
  }
}
