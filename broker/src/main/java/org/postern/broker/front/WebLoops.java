package org.postern.broker.front;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;

/** The event loops of everything that speaks HTTP here, apart from those of the tunnel. */
public final class WebLoops implements AutoCloseable {
  private static final int LOOPS = 2;

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(LOOPS));

  /** For the rooms that speak HTTP themselves. */
  public Vertx vertx() {
    return vertx;
  }

  /** Waits until all of it has stopped. */
  @Override
  public void close() {
    vertx.close().await();
  }
}
