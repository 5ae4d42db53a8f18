package org.postern.acceptance.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.subject.Cast;
import org.postern.acceptance.house.House;

/**
 * Broker and app connector are processes that somebody kills with SIGKILL while a program talks to
 * its application. Both ends of the flow are reset, and everything comes back by itself.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KilledProcessesTest {
  private static final String HERE = "127.0.0.1";

  /** Far more than the five seconds that are promised: this machine may be busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private BenchRun run;
  private ServerSocket application;
  private int proxyPort;
  private Cast cast;

  @BeforeAll
  void start() throws Exception {
    System.setProperty("postern.home", House.find().root().toString());
    run = new BenchRun(true);
    application = run.own(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    proxyPort = BenchRun.freePort();
    cast = Cast.onLoopback(run, "killed", proxyPort);
  }

  @AfterAll
  void stop() {
    run.close();
  }

  /** A flow with both its ends in the hands of the test. */
  private record Flow(Socket program, Socket served) implements AutoCloseable {
    String say(String text) throws IOException {
      program.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      byte[] heard = served.getInputStream().readNBytes(text.length());
      served.getOutputStream().write(heard);
      return new String(
          program.getInputStream().readNBytes(text.length()), StandardCharsets.US_ASCII);
    }

    @Override
    public void close() throws IOException {
      program.close();
      served.close();
    }
  }

  /** By the local proxy, as a program would; empty when it is refused. */
  private Flow open() throws IOException {
    Socket program =
        new Socket(
            new Proxy(
                Proxy.Type.SOCKS,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), proxyPort)));
    program.setSoTimeout((int) PATIENCE.toMillis());
    application.setSoTimeout(10_000);
    try {
      program.connect(InetSocketAddress.createUnresolved(HERE, application.getLocalPort()), 10_000);
      program.getOutputStream().write('!');
      while (true) {
        Socket served = application.accept();
        served.setSoTimeout((int) PATIENCE.toMillis());
        if (served.getInputStream().read() == '!') {
          return new Flow(program, served);
        }
        served.close(); // a health probe, which says nothing
      }
    } catch (IOException e) {
      program.close();
      throw e;
    }
  }

  private Flow openInTheEnd() {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              Flow flow = open();
              assertThat(flow.say("hello")).isEqualTo("hello");
              return flow;
            },
            Objects::nonNull);
  }

  /** Neither end is left waiting, or can take what it has heard for all there was to hear. */
  private static void assertBothEndsAreReset(Flow flow, long since) throws Exception {
    CountDownLatch ended = new CountDownLatch(2);
    Thread.ofVirtual().start(() -> awaitReset(flow.program, "the program's", since, ended));
    Thread.ofVirtual().start(() -> awaitReset(flow.served, "the application's", since, ended));
    assertThat(ended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
        .as("both ends of the flow are reset")
        .isTrue();
  }

  private static void awaitReset(Socket socket, String whose, long since, CountDownLatch ended) {
    try {
      int heard = socket.getInputStream().read();
      System.out.printf("%s end: %d (expected: a reset)%n", whose, heard);
      return;
    } catch (SocketTimeoutException e) {
      return;
    } catch (IOException e) {
      // Reset, as it should be.
    }
    System.out.printf("%s end reset after %d ms%n", whose, (System.nanoTime() - since) / 1_000_000);
    ended.countDown();
  }

  private void assertNoTrace() {
    assertThat(cast.output().lines()).noneMatch(line -> line.startsWith("\tat "));
  }

  @Test
  void appConnectorThatIsKilledEndsItsFlowsAndServesAgainWhenItIsBack() throws Exception {
    try (Flow flow = openInTheEnd()) {
      long killed = System.nanoTime();
      cast.killConnector();
      assertBothEndsAreReset(flow, killed);
    }
    await().atMost(PATIENCE).until(() -> cast.status().contains("CONNECTOR_GONE"));
    cast.restartConnector();
    try (Flow flow = openInTheEnd()) {
      assertThat(flow.say("again")).isEqualTo("again");
    }
    assertNoTrace();
  }

  @Test
  void brokerThatIsKilledEndsItsFlowsAndAllFindItAgain() throws Exception {
    try (Flow flow = openInTheEnd()) {
      long killed = System.nanoTime();
      cast.killBroker();
      assertBothEndsAreReset(flow, killed);
    }
    await().atMost(PATIENCE).until(() -> cast.status().contains("LANE_LOST"));
    cast.restartBroker();
    try (Flow flow = openInTheEnd()) {
      assertThat(flow.say("again")).isEqualTo("again");
    }
    assertNoTrace();
  }
}
