package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.ground.WholeBroker;

/**
 * A stranger pushes 16 MiB into one connection to a whole broker's port, as each of the things that
 * the port looks for. The broker reads no more than it has to, keeps none of it, and writes no
 * stack trace.
 */
final class GarbageAtThePortTest {
  private static final int PIECES = 256;
  private static final int PIECE_BYTES = 64 << 10;
  private static final long MEMORY_MAX = 4L << 20;

  /**
   * The memory is that of the whole process, in which others work, and some things are made once:
   * what a stream leaves behind, it leaves behind every time.
   */
  private static final int TRIES = 10;

  @TempDir private Path folder;
  private CapturedLog log;
  private WholeBroker all;

  @BeforeEach
  void start() throws Exception {
    all = new WholeBroker(folder, Path.of("target/postgres-programs"), Clock.systemUTC(), Set.of());
    log = new CapturedLog();
  }

  @AfterEach
  void stop() {
    log.close();
    all.close();
  }

  private static final byte[] NOTHING_KNOWN = {(byte) 0x80, 1, 2, 3};

  /** What each stream begins with; random bytes follow. */
  private static Map<String, byte[]> beginnings() {
    return Map.of(
        "nothing known",
        NOTHING_KNOWN,
        "a TLS record",
        new byte[] {22, 3, 1, 0x40, 0, 1, 0, 0x3f, (byte) 0xfc, 3, 3},
        "an alert",
        new byte[] {21, 3, 3, 0, 2, 2, 40},
        "HTTP without TLS",
        "POST /scim/v2/Users HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII),
        "a PROXY header",
        "PROXY TCP4 ".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void sixteenMebibytesInOneStreamAreNotTakenAndLeaveNothing() throws Exception {
    long seed = System.nanoTime();
    for (Map.Entry<String, byte[]> each : beginnings().entrySet()) {
      String what = "%s, seed %d".formatted(each.getKey(), seed);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < TRIES && least >= MEMORY_MAX; i++) {
        long before = memory();
        assertThat(push(each.getValue(), new Random(seed))).as(what).isLessThan(PIECES);
        least = Math.min(least, memory() - before);
      }
      assertThat(least).as(what).isLessThan(MEMORY_MAX);
    }
    log.assertNoStackTrace();
    log.assertNoWarningOfOurs();
    // Whoever comes with good manners is served.
    assertThat(all.call("GET", "/admin/v1/status", all.adminToken(), "text/plain", "").statusCode())
        .isEqualTo(200);
  }

  /** Pushes until all of it is written or the broker ends it; how many pieces were written. */
  private int push(byte[] beginning, Random random) throws IOException {
    byte[] piece = new byte[PIECE_BYTES];
    int written = 0;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), all.publicUrl().getPort())) {
      socket.setSendBufferSize(PIECE_BYTES);
      socket.setSoTimeout(30_000);
      try {
        socket.getOutputStream().write(beginning);
        for (; written < PIECES; written++) {
          random.nextBytes(piece);
          socket.getOutputStream().write(piece);
        }
        assertThat(socket.getInputStream().readAllBytes().length).isLessThan(1024);
      } catch (IOException e) {
        assertThat(e).isNotInstanceOf(java.net.SocketTimeoutException.class);
      }
    }
    return written;
  }

  private static long memory() {
    System.gc();
    return PlatformDependent.usedDirectMemory()
        + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
