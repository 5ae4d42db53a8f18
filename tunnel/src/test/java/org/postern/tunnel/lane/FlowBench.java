package org.postern.tunnel.lane;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.tunnel.flow.FlowLimits;

/**
 * Measures one device-connector pair in one process: programs on loopback TCP at both ends, one TLS
 * 1.3 lane or two between. Figures are of this machine and this moment; nothing is asserted.
 *
 * <p>Run: {@code java -cp ... org.postern.tunnel.lane.FlowBench [seconds]}.
 */
final class FlowBench {
  private static final int CHUNK = 256 << 10;
  private static final PrintStream OUT = System.out;

  private final long nanos;

  private FlowBench(long seconds) {
    nanos = seconds * 1_000_000_000L;
  }

  public static void main(String[] args) throws Exception {
    FlowBench bench = new FlowBench(args.length > 0 ? Long.parseLong(args[0]) : 3);
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
      AtomicLong sunk = new AtomicLong();
      Thread.ofPlatform().daemon().start(() -> bench.accept(server, sunk));
      try (FlowPair pair =
          new FlowPair(
              (InetSocketAddress) server.getLocalAddress(), FlowLimits.DEFAULT, 256L << 20)) {
        ByteString shared = pair.newLane();
        pair.laneForNewFlows = shared;
        bench.run(pair, sunk);
      }
    }
  }

  private void run(FlowPair pair, AtomicLong sunk) throws Exception {
    OUT.println(exchange("request-response, idle", pair, nanos));
    for (int i = 0; i < 3; i++) {
      OUT.println(bulk(pair, sunk));
    }
    Thread bulk = Thread.ofPlatform().start(() -> pour(pair, 4 * nanos));
    long before = sunk.get();
    while (sunk.get() == before) {
      Thread.onSpinWait();
    }
    OUT.println(exchange("request-response beside bulk, shared lane", pair, nanos));
    ByteString own = pair.newLane();
    long flowId = pair.deviceEvents.wantsOwnLane.getLast();
    pair.move(flowId, own);
    OUT.println(exchange("request-response beside bulk, own lane", pair, nanos));
    bulk.join();
  }

  private String bulk(FlowPair pair, AtomicLong sunk) throws Exception {
    long before = sunk.get();
    long cpuBefore = loopsCpu();
    long start = System.nanoTime();
    pour(pair, nanos);
    long bytes = sunk.get() - before;
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpu = (loopsCpu() - cpuBefore) / 1e9;
    return String.format(
        Locale.ROOT,
        "bulk %.0f MB/s, both loops %.2f CPU s per GB: %.0f MB/s per core and end; replay peak %d"
            + " KiB",
        bytes / 1e6 / seconds,
        cpu / (bytes / 1e9),
        2 * bytes / 1e6 / cpu,
        pair.deviceMemory.peakBytes() >> 10);
  }

  private static long loopsCpu() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long id : threads.getAllThreadIds()) {
      var info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith("multiThreadIoEventLoopGroup")) {
        sum += threads.getThreadCpuTime(id);
      }
    }
    return sum;
  }

  private static void pour(FlowPair pair, long nanos) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    chunk.put(0, (byte) 'b');
    long end = System.nanoTime() + nanos;
    try (SocketChannel socket = SocketChannel.open(pair.deviceAddress())) {
      while (System.nanoTime() < end) {
        chunk.clear();
        while (chunk.hasRemaining()) {
          socket.write(chunk);
        }
      }
      socket.shutdownOutput();
      chunk.clear();
      while (socket.read(chunk) >= 0) {
        chunk.clear();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String exchange(String name, FlowPair pair, long nanos) throws IOException {
    long[] samples = new long[1_000_000];
    int count = 0;
    byte[] request = new byte[128];
    request[0] = 'e';
    try (Socket socket =
        new Socket(pair.deviceAddress().getAddress(), pair.deviceAddress().getPort())) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      long end = System.nanoTime() + nanos;
      while (System.nanoTime() < end && count < samples.length) {
        long start = System.nanoTime();
        out.write(request);
        if (in.readNBytes(request.length).length < request.length) {
          throw new IOException("connection closed");
        }
        samples[count++] = System.nanoTime() - start;
      }
    }
    Arrays.sort(samples, 0, count);
    return String.format(
        Locale.ROOT,
        "%s: %d exchanges, p50 %.0f us, p99 %.0f us",
        name,
        count,
        samples[count / 2] / 1e3,
        samples[(int) (count * 0.99)] / 1e3);
  }

  private void accept(ServerSocketChannel server, AtomicLong sunk) {
    while (server.isOpen()) {
      try {
        SocketChannel socket = server.accept();
        Thread.ofPlatform().daemon().start(() -> serve(socket, sunk));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Sinks what starts with b, echoes all else. */
  private static void serve(SocketChannel socket, AtomicLong sunk) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    try (socket) {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      boolean sinks = false;
      boolean first = true;
      while (socket.read(chunk) >= 0) {
        if (first) {
          sinks = chunk.get(0) == 'b';
          first = false;
        }
        chunk.flip();
        if (sinks) {
          sunk.addAndGet(chunk.remaining());
        } else {
          socket.write(chunk);
        }
        chunk.clear();
      }
    } catch (IOException e) {
      Objects.requireNonNull(e);
    }
  }
}
