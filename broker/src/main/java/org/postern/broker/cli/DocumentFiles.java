package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.policystore.PolicyLimits;
import org.postern.policystore.yaml.MergedPolicy;
import picocli.CommandLine.Option;

/**
 * The policy document of a command: a file, standard input, or files and folders that are one
 * document together. What the broker finds wrong is said of the file and line it stands in.
 */
final class DocumentFiles {
  private static final int FILES_MAX = 10_000;
  private static final Path STANDARD_INPUT = Path.of("-");

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = {
        "The document: a file, - for standard input, or a folder: all its *.yaml and *.yml in the"
            + " order of their names, folders in it too, hidden ones not. May be repeated; all"
            + " together are one document."
      })
  private List<Path> given = new ArrayList<>();

  private @Nullable MergedPolicy merged;

  /** For commands that are of no use without one. */
  String needed() {
    return text()
        .orElseThrow(() ->
            new CommandException(
                ExitCode.WRONG,
                "say the document: -f FILE, -f FOLDER, or -f - for standard input"));
  }

  /** The document; empty if none is given. */
  Optional<String> text() {
    if (given.isEmpty()) {
      return Optional.empty();
    }
    List<Path> files = new ArrayList<>();
    given.forEach(each -> collect(each, files));
    if (files.size() == 1) {
      given = files;
      return Optional.of(GivenFile.read(files.getFirst()));
    }
    if (files.stream().filter(STANDARD_INPUT::equals).count() > 1) {
      throw new CommandException(ExitCode.WRONG, "-f -: standard input can be read once");
    }
    List<MergedPolicy.Source> sources =
        files.stream()
            .map(file -> new MergedPolicy.Source(file.toString(), GivenFile.read(file)))
            .toList();
    return switch (MergedPolicy.merge(sources, PolicyLimits.DEFAULT)) {
      case MergedPolicy.Result.Merged(MergedPolicy policy) -> {
        merged = policy;
        yield Optional.of(policy.document());
      }
      case MergedPolicy.Result.Failed(List<MergedPolicy.PlacedError> errors) ->
          throw new CommandException(
              ExitCode.WRONG,
              errors.stream()
                  .map(error -> "\n" + Table.printable(error.toString()))
                  .collect(
                      Collectors.joining(
                          "", "the files are not one document", "\nnothing was sent")));
    };
  }

  private static void collect(Path path, List<Path> files) {
    if (!Files.isDirectory(path)) {
      files.add(path);
      return;
    }
    List<Path> found = new ArrayList<>();
    try {
      Files.walkFileTree(path, new Collector(path, found));
    } catch (IOException | UncheckedIOException e) {
      throw new CommandException(ExitCode.WRONG, "cannot read " + path + ": " + e.getMessage());
    }
    if (found.isEmpty() || found.size() > FILES_MAX) {
      throw new CommandException(
          ExitCode.WRONG,
          "%s holds %d files *.yaml and *.yml (expected: 1 to %d)"
              .formatted(path, found.size(), FILES_MAX));
    }
    found.stream().sorted().forEach(files::add);
  }

  private static final class Collector extends SimpleFileVisitor<Path> {
    private final Path root;
    private final List<Path> found;

    Collector(Path root, List<Path> found) {
      this.root = root;
      this.found = found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      return !folder.equals(root) && name(folder).startsWith(".")
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String name = name(file).toLowerCase(Locale.ROOT);
      boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
      if (yaml && !name.startsWith(".") && Files.isRegularFile(file)) {
        found.add(file);
      }
      return found.size() > FILES_MAX ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }

    private static String name(Path path) {
      Path name = path.getFileName();
      return name == null ? "" : name.toString();
    }
  }

  /**
   * The broker's answer about a wrong document, with each mistake at the place that it has here.
   */
  ObjectNode placed(JsonNode body) {
    ObjectNode placed = body.deepCopy();
    for (JsonNode error : placed.path("errors")) {
      place((ObjectNode) error);
    }
    return placed;
  }

  private void place(ObjectNode error) {
    MergedPolicy whole = merged;
    if (whole == null) {
      error.put("file", given.isEmpty() ? "" : given.getFirst().toString());
      return;
    }
    Optional<MergedPolicy.Place> place = whole.place(error.path("path").asText());
    if (place.isPresent()) {
      error
          .put("file", place.get().source())
          .put("line", place.get().line())
          .put("column", place.get().column());
    } else {
      error.put("file", "policy in force").put("line", 1).put("column", 1);
    }
  }
}
