package org.postern.acceptance.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The checked-out tree, without what is generated or not ours. */
public record House(Path root) {
  private static final Set<String> NOT_OURS =
      Set.of(".git", "target", "node_modules", ".idea", ".mvn", "dist");

  static final List<String> MODULES =
      List.of(
          "tunnel",
          "identity",
          "migrations",
          "policy-store",
          "broker",
          "app-connector",
          "client-connector",
          "deploy/demo",
          "acceptance");

  /**
   * Found by walking up from the working directory, which is a module for Maven and the root for an
   * IDE.
   */
  public static House find() {
    Path candidate = Path.of("").toAbsolutePath();
    while (candidate != null) {
      if (Files.isDirectory(candidate.resolve("tunnel"))
          && Files.isDirectory(candidate.resolve("acceptance"))) {
        return new House(candidate);
      }
      candidate = candidate.getParent();
    }
    throw new IllegalStateException(
        "no checkout of Postern above " + Path.of("").toAbsolutePath() + " (expected tunnel/)");
  }

  /** Compiled main classes of every module that has some. */
  List<Path> classes() {
    return MODULES.stream()
        .map(module -> root.resolve(module).resolve("target/classes"))
        .filter(Files::isDirectory)
        .toList();
  }

  /** Every file of ours, sorted. */
  List<Path> files() {
    List<Path> files = new ArrayList<>();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              return NOT_OURS.contains(String.valueOf(folder.getFileName()))
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (attributes.isRegularFile()
                  && !NOT_OURS.contains(String.valueOf(file.getFileName()))) {
                files.add(file);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files.sort(null);
    return files;
  }

  List<Path> javaFiles() {
    return files().stream().filter(file -> file.toString().endsWith(".java")).toList();
  }

  String relative(Path file) {
    return root.relativize(file).toString();
  }
}
