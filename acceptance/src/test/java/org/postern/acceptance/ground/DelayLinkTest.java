package org.postern.acceptance.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class DelayLinkTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Test
  void bytesArriveOneDelayLaterEachWay() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DelayLink link =
            DelayLink.open(ANY, (InetSocketAddress) server.getLocalSocketAddress(), millis(20));
        Socket client = new Socket(link.near().getAddress(), link.near().getPort());
        Socket accepted = server.accept()) {
      accepted.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      long fastest = Long.MAX_VALUE;
      // Two delays each way would be eighty; a busy machine may add to any one of the rounds.
      for (int i = 0; i < 200 && fastest >= millis(60).toNanos(); i++) {
        long start = System.nanoTime();
        client.getOutputStream().write(i);
        accepted.getOutputStream().write(accepted.getInputStream().read());
        assertThat(client.getInputStream().read()).isEqualTo(i);
        fastest = Math.min(fastest, System.nanoTime() - start);
        assertThat(Duration.ofNanos(fastest)).isGreaterThanOrEqualTo(millis(40));
      }
      assertThat(Duration.ofNanos(fastest)).isLessThan(millis(60));
    }
  }

  @Test
  void allBytesArriveInOrderAndThenTheEnd() throws Exception {
    byte[] sent = new byte[3_000_000];
    RandomGenerator.of("L64X128MixRandom").nextBytes(sent);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DelayLink link =
            DelayLink.open(ANY, (InetSocketAddress) server.getLocalSocketAddress(), millis(3));
        Socket client = new Socket(link.near().getAddress(), link.near().getPort());
        Socket accepted = server.accept()) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.getOutputStream().write(sent);
                  client.shutdownOutput();
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      byte[] received = accepted.getInputStream().readAllBytes();
      writer.join();
      assertThat(Arrays.equals(received, sent)).isTrue();
    }
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }
}
