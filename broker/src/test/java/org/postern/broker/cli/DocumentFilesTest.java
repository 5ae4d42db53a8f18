package org.postern.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class DocumentFilesTest {
  @TempDir private Path folder;

  @Command
  private static final class Probe {
    @Mixin private DocumentFiles files = new DocumentFiles();
  }

  @BeforeEach
  void write() throws Exception {
    Files.createDirectories(folder.resolve("50-team/.git"));
    Files.writeString(folder.resolve("90-last.yml"), "version: 1\nrules:\n  - {name: last}\n");
    Files.writeString(
        folder.resolve("50-team/rules.yaml"), "version: 1\nrules:\n\n  - {name: first}\n");
    Files.writeString(folder.resolve("50-team/.git/x.yaml"), "no policy");
    Files.writeString(folder.resolve(".hidden.yaml"), "no policy");
    Files.writeString(folder.resolve("README.md"), "no policy");
  }

  private static DocumentFiles files(Object... given) {
    Probe probe = new Probe();
    String[] arguments = new String[given.length * 2];
    for (int i = 0; i < given.length; i++) {
      arguments[2 * i] = "-f";
      arguments[2 * i + 1] = given[i].toString();
    }
    new CommandLine(probe).parseArgs(arguments);
    return probe.files;
  }

  @Test
  void aFolderIsAllItsFilesInOrderAndWhatIsHiddenIsNot() {
    assertThat(files(folder).needed())
        .isEqualTo("version: 1\nrules:\n  - {name: first}\n  - {name: last}\n");
  }

  @Test
  void aSingleFileIsSentAsItIs() throws Exception {
    Path one = Files.writeString(folder.resolve("one.txt"), "version: 1 # as it is\n");
    assertThat(files(one).needed()).isEqualTo("version: 1 # as it is\n");
    assertThat(files().text()).isEmpty();
    assertThatThrownBy(() -> files().needed()).hasMessageContaining("-f FILE");
  }

  @Test
  void filesAndFoldersStandInTheOrderInWhichTheyAreGiven() throws Exception {
    Path one = Files.writeString(folder.resolve("one.txt"), "version: 1\nrules: [{name: zero}]\n");
    assertThat(files(one, folder).needed())
        .isEqualTo("version: 1\nrules:\n  - {name: zero}\n  - {name: first}\n  - {name: last}\n");
    assertThatThrownBy(() -> files(folder, folder.resolve("90-last.yml")).needed())
        .hasMessageContaining("90-last.yml:3:5: rules[2]: \"last\" is already defined in ")
        .hasMessageContaining("nothing was sent");
  }

  @Test
  void whatTheBrokerFindsWrongIsSaidOfTheFile() throws Exception {
    DocumentFiles files = files(folder);
    files.needed();
    JsonNode answer =
        new ObjectMapper()
            .readTree(
                "{\"errors\":[{\"line\":3,\"column\":5,\"path\":\"rules[0].name\"},"
                    + "{\"line\":1,\"column\":1,\"path\":\"tests.kept\"}]}");
    JsonNode errors = files.placed(answer).path("errors");
    assertThat(errors.get(0).path("file").asText()).endsWith("50-team/rules.yaml");
    assertThat(errors.get(0).path("line").asInt()).isEqualTo(4);
    assertThat(errors.get(0).path("column").asInt()).isEqualTo(12);
    assertThat(errors.get(1).path("file").asText()).isEqualTo("policy in force");
  }

  @Test
  void aFolderWithoutPolicyIsSaid() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> files(empty).needed()).hasMessageContaining("holds 0 files");
    assertThatThrownBy(() -> files(folder.resolve("missing.yaml")).needed())
        .hasMessageContaining("cannot read");
  }
}
