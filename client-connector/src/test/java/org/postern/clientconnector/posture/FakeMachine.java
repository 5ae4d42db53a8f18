package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.postern.clientconnector.local.system.Commands;
import org.postern.tunnel.message.PostureFact;
import org.postern.tunnel.message.PostureQuestions;

/** A root directory and programs that say what a test wants. */
final class FakeMachine implements Commands {
  private final Path root;
  private final Map<String, String> answers = new HashMap<>();
  private final Map<String, String> failures = new HashMap<>();

  FakeMachine(Path root) {
    this.root = root;
  }

  FakeMachine file(String path, String text) throws IOException {
    Path file = root.resolve(path.substring(1));
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
    return this;
  }

  FakeMachine link(String path, String target) throws IOException {
    Path link = root.resolve(path.substring(1));
    Files.createDirectories(Objects.requireNonNull(link.getParent()));
    Files.createSymbolicLink(link, Path.of(target));
    return this;
  }

  FakeMachine says(String command, String output) {
    answers.put(command, output);
    return this;
  }

  FakeMachine fails(String command, String message) {
    failures.put(command, message);
    return this;
  }

  @Override
  public String run(String input, List<String> command) throws IOException {
    String line = String.join(" ", command);
    String answer = answers.get(line);
    if (answer == null) {
      throw new IOException(failures.getOrDefault(line, "unexpected command: " + line));
    }
    return answer;
  }

  @Override
  public boolean isInstalled(String program) {
    return java.util.stream.Stream.concat(answers.keySet().stream(), failures.keySet().stream())
        .anyMatch(line -> List.of(line.split(" ")).contains(program));
  }

  /** All facts as words: `DISK_ENCRYPTED` to `true`, or to `? why`. */
  Map<String, String> facts(long userId, PostureQuestions asked) {
    return facts(userId, asked, ProtectedKeys.NOT_EXAMINED);
  }

  Map<String, String> facts(long userId, PostureQuestions asked, ProtectedKeys tokens) {
    Examiner examiner =
        new Examiner(new Machine(root, this, userId, PostureLimits.DEFAULTS, tokens), "0.1");
    Questions questions = Questions.of(asked, PostureLimits.DEFAULTS);
    examiner.lookAtSettings(questions);
    examiner.lookAtFiles(questions);
    Map<String, String> words = new TreeMap<>();
    for (PostureFact fact : examiner.report().getFactsList()) {
      String name =
          (fact.getKind().name().substring("KIND_".length()) + " " + fact.getSubject()).strip();
      words.put(name, word(fact));
    }
    return words;
  }

  Map<String, String> facts() {
    return facts(0, PostureQuestions.getDefaultInstance());
  }

  private static String word(PostureFact fact) {
    return switch (fact.getValueCase()) {
      case FLAG -> Boolean.toString(fact.getFlag());
      case NUMBER -> Long.toString(fact.getNumber());
      case TEXT -> fact.getText();
      case MISSING -> "? " + fact.getMissing();
      case VALUE_NOT_SET -> throw new AssertionError(fact);
    };
  }

  static PostureQuestions asking(Object... kindsAndSubjects) {
    PostureQuestions.Builder questions = PostureQuestions.newBuilder();
    for (int i = 0; i < kindsAndSubjects.length; i += 2) {
      questions.addQuestions(
          PostureQuestions.Question.newBuilder()
              .setKind((PostureFact.Kind) kindsAndSubjects[i])
              .setSubject((String) kindsAndSubjects[i + 1]));
    }
    return questions.build();
  }
}
