package org.postern.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A live connection whose end is watched. */
final class HeldStream {
  private static final Duration FIRST = Duration.ofSeconds(10);

  private final LongSupplier nanoTime;
  private final CountDownLatch first = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile long bytes;
  private volatile long endedNanos;
  private volatile String how = "";

  HeldStream(Socket socket, InputStream body, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    Thread.ofPlatform().daemon(true).start(() -> watch(socket, body));
  }

  private void watch(Socket socket, InputStream body) {
    byte[] buffer = new byte[4096];
    String said = "end of stream";
    try (socket) {
      long count = 0;
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        count += n;
        bytes = count;
        first.countDown();
      }
    } catch (IOException e) {
      said = String.valueOf(e.getMessage());
    }
    endedNanos = nanoTime.getAsLong();
    how = said;
    first.countDown();
    end.countDown();
  }

  Map<String, ?> awaitFirst() throws IOException {
    try {
      if (first.await(FIRST.toMillis(), TimeUnit.MILLISECONDS) && bytes > 0) {
        return Map.of("bytes", bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new IOException("the stream gave nothing: " + how);
  }

  Map<String, ?> awaitEnd(Duration limit) throws InterruptedException {
    boolean ended = end.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    return Map.of("ended", ended, "how", how, "endedNanos", endedNanos, "bytes", bytes);
  }
}
