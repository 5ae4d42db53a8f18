package org.postern.acceptance.bench.subject;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Who holds the device: how commands become theirs.
 *
 * @param asUser a command of the signed-in user's
 * @param asRoot a command that needs root on the device
 * @param places options that say where the client connector keeps things, or none
 * @param copy gives a file of ours to the user
 */
public record Hands(
    UnaryOperator<List<String>> asUser,
    UnaryOperator<List<String>> asRoot,
    List<String> places,
    Copy copy) {

  /** Makes a file readable for the user. */
  public interface Copy {
    /** Where the user finds it. */
    Path of(Path file) throws Exception;
  }

  /** One user for everything, who keeps it in that folder. */
  public static Hands ours(Path work) {
    return new Hands(
        UnaryOperator.identity(),
        UnaryOperator.identity(),
        List.of(
            "--state-dir",
            work.resolve("client").toString(),
            "--run-dir",
            work.resolve("run").toString()),
        file -> file);
  }

  Path readable(Path file) throws Exception {
    return copy.of(file);
  }
}
