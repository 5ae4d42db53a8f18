package org.postern.demo;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Steps that run at the same time, each on a thread of its own. */
final class SideBySide implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** One step; blocking. */
  interface Step {
    void run() throws DemoException;
  }

  /** Begins it. */
  CompletableFuture<?> begin(Step step) {
    CompletableFuture<String> done = new CompletableFuture<>();
    threads.execute(() -> {
      try {
        step.run();
        done.complete("done");
      } catch (DemoException | RuntimeException e) {
        done.completeExceptionally(e);
      }
    });
    return done;
  }

  /** Waits for its end, and fails as it did. */
  static void join(CompletableFuture<?> step) throws DemoException {
    try {
      step.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DemoException known) {
        throw known;
      }
      throw new DemoException("a step failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    }
  }

  /** Waits until all have ended. */
  @Override
  public void close() {
    threads.close();
  }
}
