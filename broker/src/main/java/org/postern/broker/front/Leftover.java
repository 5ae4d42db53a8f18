package org.postern.broker.front;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;

/**
 * The rest of a body that will not be used. Some of it is read and thrown away, so that the peer
 * sees our answer instead of a reset; whoever goes on after that is cut off.
 */
final class Leftover {
  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(2);

  private Leftover() {}

  static void discard(Vertx vertx, HttpServerRequest request, int bytesMax) {
    long timer = vertx.setTimer(PATIENCE_MILLIS, late -> request.connection().close());
    int[] discarded = {0};
    request.handler(part -> {
      discarded[0] += part.length();
      if (discarded[0] > bytesMax) {
        request.pause();
        request.connection().close();
      }
    });
    request.endHandler(end -> vertx.cancelTimer(timer));
    request.exceptionHandler(gone -> vertx.cancelTimer(timer));
    request.resume();
  }
}
