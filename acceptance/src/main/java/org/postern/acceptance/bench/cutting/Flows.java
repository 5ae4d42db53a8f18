package org.postern.acceptance.bench.cutting;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;
import org.postern.acceptance.ground.WholeBroker;

/** Many programs of one device, each reading from the same application until it is cut off. */
public final class Flows implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<Socket> programs = new ArrayList<>();
  private final AtomicLongArray bytes;
  private final AtomicLongArray endNanos;
  private final AtomicInteger ended = new AtomicInteger();

  /** Opens so many and waits until each of them has received something. */
  public Flows(WholeBroker.Device device, String host, int port, int count) throws Exception {
    bytes = new AtomicLongArray(count);
    endNanos = new AtomicLongArray(count);
    for (int i = 0; i < count; i++) {
      WholeBroker.Program program = device.connect(host, port);
      if (!program.open()) {
        throw new IOException("flow %d to %s was refused".formatted(i, host));
      }
      program.socket().setSoTimeout(0);
      programs.add(program.socket());
      int flow = i;
      Thread.ofVirtual().start(() -> read(program.socket(), flow));
    }
    Waiting.until(
        PATIENCE,
        "every flow carries bytes",
        () -> LongStream.range(0, count).allMatch(i -> bytes.get((int) i) > 0));
  }

  private void read(Socket program, int flow) {
    try {
      byte[] buffer = new byte[64];
      for (int n = program.getInputStream().read(buffer);
          n >= 0;
          n = program.getInputStream().read(buffer)) {
        bytes.addAndGet(flow, n);
      }
    } catch (IOException e) {
      // Reset, which is an end as well.
    }
    endNanos.set(flow, System.nanoTime());
    ended.incrementAndGet();
  }

  /** How many are over. */
  public int ended() {
    return ended.get();
  }

  /**
   * Waits until all are over.
   *
   * @param fromNanos as of {@link System#nanoTime}
   * @return milliseconds from then to the end of each, sorted
   */
  public List<Double> millisToEnds(long fromNanos) throws Exception {
    Waiting.until(
        PATIENCE,
        () -> "the end of %d flows, %d ended".formatted(programs.size(), ended()),
        () -> ended() == programs.size());
    return LongStream.range(0, programs.size())
        .mapToObj(i -> (endNanos.get((int) i) - fromNanos) / 1e6)
        .sorted()
        .toList();
  }

  @Override
  public void close() throws IOException {
    for (Socket each : programs) {
      each.close();
    }
  }
}
