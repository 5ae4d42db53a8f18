package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkFolderTest {
  @TempDir private Path parent = Path.of(".");

  @Test
  void nothingIsLeftAfterwards() throws Exception {
    Path path;
    try (WorkFolder folder = WorkFolder.create(parent)) {
      path = folder.path();
      Files.createDirectories(path.resolve("a/b"));
      Files.writeString(path.resolve("a/b/c"), "text");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void whatAKilledRunLeftIsTakenAwayByTheNext() throws Exception {
    Path dead = Files.createDirectory(parent.resolve("postern-demo-dead"));
    Files.createFile(dead.resolve("lock"));
    Files.createDirectories(dead.resolve("broker/postgres"));
    try (WorkFolder folder = WorkFolder.create(parent)) {
      assertThat(dead).doesNotExist();
      assertThat(folder.path()).exists();
    }
  }

  @Test
  void otherFoldersAndLiveRunsStay() throws Exception {
    Path stranger = Files.createDirectory(parent.resolve("postern-demo-without-a-lock"));
    Path other = Files.createDirectory(parent.resolve("somebody-else"));
    Files.createFile(other.resolve("lock"));
    try (WorkFolder live = WorkFolder.create(parent)) {
      WorkFolder.clearLeftovers(parent);
      assertThat(live.path()).exists();
    }
    assertThat(stranger).exists();
    assertThat(other).exists();
  }

  @Test
  void logsAreKeptOnDemand() throws IOException, DemoException {
    Path logs = parent.resolve("logs");
    try (WorkFolder folder = WorkFolder.create(parent)) {
      Files.writeString(folder.path().resolve("broker.log"), "said");
      Files.writeString(folder.path().resolve("admin.token"), "secret");
      folder.copyLogs(logs);
    }
    assertThat(logs.resolve("broker.log")).hasContent("said");
    assertThat(logs.resolve("admin.token")).doesNotExist();
  }
}
