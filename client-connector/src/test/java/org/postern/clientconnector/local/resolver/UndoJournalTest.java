package org.postern.clientconnector.local.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.clientconnector.local.system.Commands;
import org.postern.clientconnector.local.system.SystemCommands;

class UndoJournalTest {

  @TempDir private Path directory;

  private final Commands commands = new SystemCommands(null, Duration.ofSeconds(10));

  @Test
  void stepsAreUndoneLastFirst() throws Exception {
    Path out = directory.resolve("it's out");
    String quoted = UndoJournal.quote(out.toString());
    try (UndoJournal journal = UndoJournal.open(directory.resolve("run"), commands)) {
      journal.add("echo first >> " + quoted);
      journal.add("echo second >> " + quoted);
      assertThat(out).doesNotExist();
    }
    assertThat(out).hasContent("second\nfirst");
    assertThat(directory.resolve("run/undo.sh")).doesNotExist();
  }

  @Test
  void leftoverScriptIsRunByTheNextStart() throws Exception {
    UndoJournal.open(directory.resolve("run"), commands).close();
    Path out = directory.resolve("out");
    Files.writeString(directory.resolve("run/undo.sh"), "echo again >> " + out + "\n");
    UndoJournal.open(directory.resolve("run"), commands).close();
    UndoJournal.open(directory.resolve("run"), commands).close();
    assertThat(out).hasContent("again");
  }

  @Test
  void directoryBelongsToOneProcess() throws Exception {
    try (UndoJournal journal = UndoJournal.open(directory.resolve("run"), commands)) {
      assertThat(journal.directory()).exists();
      assertThatThrownBy(() -> UndoJournal.open(directory.resolve("run"), commands))
          .hasMessageContaining("another client connector");
    }
  }

  @Test
  void directoryThatOthersCanWriteIsRefused() throws Exception {
    Path open = Files.createDirectory(directory.resolve("run"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.writeString(open.resolve("undo.sh"), "touch " + directory.resolve("owned") + "\n");
    assertThatThrownBy(() -> UndoJournal.open(open, commands)).hasMessageContaining("0700");
    assertThat(directory.resolve("owned")).doesNotExist();
  }
}
