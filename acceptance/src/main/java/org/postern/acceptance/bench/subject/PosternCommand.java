package org.postern.acceptance.bench.subject;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Command lines of the launcher. */
public final class PosternCommand {
  private PosternCommand() {}

  /** A command of {@code ./postern} with these words, which may be added to. */
  public static List<String> of(String... words) {
    String home = System.getProperty("postern.home");
    if (home == null) {
      throw new IllegalStateException("postern.home is not set; start this with ./bench");
    }
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of("env", "POSTERN_NO_BUILD=1", "JAVA_HOME=" + System.getProperty("java.home")));
    command.add(Path.of(home, "postern").toString());
    command.addAll(Arrays.asList(words));
    return command;
  }
}
