package org.postern.broker.front;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The body of one request, read up to a limit and no further. */
final class Body {
  private final int bytesMax;
  private final Buffer received = Buffer.buffer();
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();

  Body(int bytesMax) {
    this.bytesMax = bytesMax;
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
      } else {
        received.appendBuffer(part);
      }
    });
    request.endHandler(end -> whole.complete(received.getBytes()));
    request.exceptionHandler(whole::completeExceptionally);
    request.resume();
  }
}
