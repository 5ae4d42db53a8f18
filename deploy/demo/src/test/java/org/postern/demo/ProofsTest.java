package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.demo.Proofs.Evidence;

/** What the demonstration says of claims that hold, fail, or cannot be looked at. */
final class ProofsTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  private record Apart(boolean apart) implements Ground {
    @Override
    public String words() {
      return "a ground for tests";
    }

    @Override
    public Layout layout() {
      return Layout.namespaces();
    }

    @Override
    public List<String> in(Room room, List<String> command) {
      return command;
    }

    @Override
    public String prefix(Room room) {
      return "";
    }

    @Override
    public Path file(Room room, String path) {
      return Path.of(path);
    }

    @Override
    public void close() {}
  }

  private Proofs proofs(boolean apart) {
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    return new Proofs(new Apart(apart), new Await(() -> 0), new Teller(out, () -> 0));
  }

  @Test
  void aClaimWithoutProofIsNoSuccessWhereItCouldBeProven() {
    Proofs proofs = proofs(true);
    proofs.prove("ssh works", () -> new Evidence(true, "it printed"));
    assertThat(proofs.allHold()).isTrue();
    proofs.prove("psql works", () -> Evidence.none("psql is missing"));
    assertThat(proofs.allHold()).isFalse();
    assertThat(proofs.summary()).contains("2 claims, 0 failed, 1 not proven");
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("NOT PROVEN")
        .contains("psql is missing");
    assertThat(proofs.json()).contains("\"verdict\" : \"NOT PROVEN\"").contains("\"ok\" : false");
  }

  @Test
  void onLoopbackItIsToldWhatDoesNotApply() {
    Proofs proofs = proofs(false);
    proofs.proveApart(
        "names resolve",
        () -> {
          throw new AssertionError("nothing is looked for");
        });
    assertThat(proofs.allHold()).isTrue();
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("does not apply on loopback");
    proofs.prove("traffic", () -> new Evidence(false, "it did not arrive"));
    assertThat(proofs.allHold()).isFalse();
  }

  @Test
  void aFailureOnTheWayIsEvidenceAgainst() {
    Proofs proofs = proofs(true);
    proofs.prove(
        "it answers",
        () -> {
          throw new DemoException("no answer");
        });
    assertThat(proofs.allHold()).isFalse();
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("FAILED").contains("no answer");
  }
}
