package org.postern.tunnel.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the kernel says of the threads, in /proc: proc_pid_stat(5). */
class LoopThreadsTest {
  private static final int NICE = 19;
  private static final int POLICY = 41;
  private static final String SCHED_OTHER = "0";
  private static final String SCHED_BATCH = "3";

  private static List<String> stat() {
    try {
      String line = Files.readAllLines(Path.of("/proc/thread-self/stat")).getFirst();
      // The name in parentheses may hold blanks; what follows it is field 3 and on.
      return List.of(("1 2 " + line.substring(line.lastIndexOf(')') + 2)).split(" ", -1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String field(ThreadFactory threads, int number) throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    threads.newThread(() -> told.complete(stat().get(number - 1))).start();
    return told.get(30, TimeUnit.SECONDS);
  }

  @Test
  void bulkLoopIsBatchWorkToTheKernel() throws Exception {
    assertThat(field(LoopThreads.bulk("b"), POLICY)).isEqualTo(SCHED_BATCH);
  }

  @Test
  void promptLoopIsNoBatchWorkEvenWhenABulkThreadStartsIt() throws Exception {
    CompletableFuture<String> told = new CompletableFuture<>();
    LoopThreads.bulk("b")
        .newThread(() -> {
          try {
            told.complete(field(LoopThreads.prompt("p"), POLICY));
          } catch (Exception e) {
            told.completeExceptionally(e);
          }
        })
        .start();
    assertThat(told.get(30, TimeUnit.SECONDS)).isEqualTo(SCHED_OTHER);
  }

  @Test
  void nicenessIsLeftAlone() throws Exception {
    String own = stat().get(NICE - 1);
    assertThat(field(LoopThreads.bulk("b"), NICE)).isEqualTo(own);
    assertThat(field(LoopThreads.prompt("p"), NICE)).isEqualTo(own);
  }
}
