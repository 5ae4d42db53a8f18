package org.postern.broker.front;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The body of one request, read up to a limit and no further. A large one needs one of few places,
 * so that many at once do not fill the memory; whoever made the body gives it back with {@link
 * #close}.
 */
final class Body implements AutoCloseable {
  private final int bytesMax;
  private final int largeBytes;
  private final Semaphore largePlaces;
  private boolean placed;
  private final Buffer received = Buffer.buffer();
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();

  /**
   * Nothing is read yet.
   *
   * @param largePlaces one is taken once more than so many bytes have come
   */
  Body(int bytesMax, int largeBytes, Semaphore largePlaces) {
    this.bytesMax = bytesMax;
    this.largeBytes = largeBytes;
    this.largePlaces = largePlaces;
  }

  /** All places for large bodies are taken. */
  static final class NoPlace extends Exception {
    private static final long serialVersionUID = 1L;

    NoPlace() {
      super("too many large bodies at once");
    }
  }

  /** The peer sent more than it may. */
  static final class TooLarge extends Exception {
    private static final long serialVersionUID = 1L;

    TooLarge(int bytesMax) {
      super("body longer than " + bytesMax + " bytes");
    }
  }

  /**
   * Waits for the body on a virtual thread.
   *
   * @param loop the event loop of the request
   * @throws TimeoutException when it does not come within the patience
   * @throws ExecutionException when it is too large or the connection ended
   */
  byte[] read(Context loop, HttpServerRequest request, Duration patience)
      throws ExecutionException, InterruptedException, TimeoutException {
    loop.runOnContext(nothing -> subscribe(request));
    return whole.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void subscribe(HttpServerRequest request) {
    if (request.isEnded()) {
      whole.complete(new byte[0]);
      return;
    }
    request.handler(part -> {
      if (received.length() + part.length() > bytesMax) {
        request.pause();
        whole.completeExceptionally(new TooLarge(bytesMax));
      } else if (received.length() + part.length() > largeBytes && !hasPlace()) {
        request.pause();
        whole.completeExceptionally(new NoPlace());
      } else {
        received.appendBuffer(part);
      }
    });
    request.endHandler(end -> whole.complete(received.getBytes()));
    request.exceptionHandler(whole::completeExceptionally);
    request.resume();
  }

  private synchronized boolean hasPlace() {
    if (!placed && !whole.isDone()) {
      placed = largePlaces.tryAcquire();
    }
    return placed;
  }

  /** Gives the place back, if it has one. Any thread, after the request was answered. */
  @Override
  public synchronized void close() {
    whole.cancel(false);
    if (placed) {
      placed = false;
      largePlaces.release();
    }
  }
}
