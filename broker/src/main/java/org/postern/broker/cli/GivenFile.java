package org.postern.broker.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files that were named on the command line. */
final class GivenFile {
  private GivenFile() {}

  /**
   * The whole text, {@code -} for standard input.
   *
   * @throws CommandException with what is wrong with the file and what was expected
   */
  static String read(Path file) {
    try {
      if (file.toString().equals("-")) {
        return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new CommandException(ExitCode.WRONG, "cannot read " + file + ": " + reason(file, e));
    }
  }

  /** What kept a file from being read, for a person. */
  static String reason(Path file, IOException e) {
    if (Files.isDirectory(file)) {
      return "it is a folder (expected: a file)";
    }
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file";
      case AccessDeniedException _ -> "this user may not read it";
      case CharacterCodingException _ -> "it is not UTF-8 text";
      default -> String.valueOf(e.getMessage());
    };
  }
}
