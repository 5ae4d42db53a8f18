package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.link.Connector;
import org.postern.clientconnector.local.Target;

/** A flow of many bytes is moved to a lane of its own, and its lanes are cut, in mid-stream. */
final class BulkFlowTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int PIECE_BYTES = 64 << 10;
  private static final int PIECES = 1024;
  private static final int CUTS = 3;

  /**
   * Before the next cut only half of the part behind it is said: the flow cannot be over by then.
   */
  private static final int PIECES_PART = PIECES / (CUTS + 1);

  private static final Executor THREADS = Thread::startVirtualThread;

  @TempDir private Path directory;
  private EchoApplication echo;
  private OneProcess all;
  private OneProcess.Device device;
  private Connector connector;

  @BeforeEach
  void start() throws Exception {
    echo = new EchoApplication();
    all = new OneProcess(directory, Policies.allowing(1, echo.port()));
    connector = all.connector("vpc-a", "c1", EchoApplication.resolver());
    device = all.device("u1", "d1");
    await().atMost(PATIENCE).until(() -> device.names().containsKey("plan"));
  }

  @AfterEach
  void stop() throws Exception {
    all.close();
    echo.close();
  }

  private Program connect() throws Exception {
    return Program.connect(device, new Target("echo.corp.internal", echo.port()));
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Says all pieces and then no more; the hash of what was said. */
  private static String say(Program program, Semaphore allowed) {
    try {
      MessageDigest said = MessageDigest.getInstance("SHA-256");
      Random random = new Random(11);
      byte[] piece = new byte[PIECE_BYTES];
      for (int i = 0; i < PIECES; i++) {
        allowed.acquireUninterruptibly();
        random.nextBytes(piece);
        said.update(piece);
        program.socket().getOutputStream().write(piece);
      }
      program.socket().shutdownOutput();
      return hex(said);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Hears to the end, and counts; the hash of what was heard. */
  private static String hear(Program program, AtomicLong count) {
    try {
      MessageDigest heard = MessageDigest.getInstance("SHA-256");
      InputStream in = program.socket().getInputStream();
      byte[] buffer = new byte[PIECE_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        heard.update(buffer, 0, read);
        count.addAndGet(read);
      }
      return hex(heard);
    } catch (IOException e) {
      throw new UncheckedIOException("after " + count.get() + " bytes", e);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** A loop's thread starts with the first channel that is brought to it. */
  private static boolean runsThread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith(name));
  }

  @Test
  void bulkFlowIsMovedToALaneAndLoopsOfItsOwnAndEveryByteArrives() throws Exception {
    try (Program bulk = connect();
        Program small = connect()) {
      assertThat(small.ask("before")).isEqualTo("before");
      int lanesBefore = connector.status().lanes();
      AtomicLong count = new AtomicLong();
      CompletableFuture<String> said =
          CompletableFuture.supplyAsync(() -> say(bulk, new Semaphore(PIECES)), THREADS);
      CompletableFuture<String> heard =
          CompletableFuture.supplyAsync(() -> hear(bulk, count), THREADS);
      await().atMost(PATIENCE).until(() -> connector.status().lanes() > lanesBefore);
      assertThat(small.ask("beside")).isEqualTo("beside");
      for (String loop : List.of("client-bulk", "connector-bulk", "broker-bulk")) {
        await().atMost(PATIENCE).until(() -> runsThread(loop));
      }
      assertThat(heard.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(said.get());
      assertThat(count.get()).isEqualTo((long) PIECES * PIECE_BYTES);
    }
    assertThat(echo.connections.get()).isEqualTo(2);
  }

  @Test
  void lanesThatAreCutInMidStreamLoseNoByteAndRepeatNone() throws Exception {
    try (Program bulk = connect()) {
      Semaphore allowed = new Semaphore(PIECES_PART + PIECES_PART / 2);
      AtomicLong count = new AtomicLong();
      CompletableFuture<String> said =
          CompletableFuture.supplyAsync(() -> say(bulk, allowed), THREADS);
      CompletableFuture<String> heard =
          CompletableFuture.supplyAsync(() -> hear(bulk, count), THREADS);
      for (int cut = 1; cut <= CUTS; cut++) {
        long until = (long) PIECES * PIECE_BYTES * cut / (CUTS + 1);
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(5))
            .until(() -> count.get() >= until || heard.isDone());
        assertThat(heard.isDone()).as("it is still under way at cut " + cut).isFalse();
        all.cutConnections();
        allowed.release(PIECES_PART);
      }
      assertThat(heard.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(said.get());
      assertThat(count.get()).isEqualTo((long) PIECES * PIECE_BYTES);
    }
    assertThat(echo.connections.get()).isEqualTo(1);
  }
}
