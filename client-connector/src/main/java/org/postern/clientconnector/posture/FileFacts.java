package org.postern.clientconnector.posture;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.postern.tunnel.message.PostureFact;

/** Files and running programs that were asked for, and their digests. Confined to one thread. */
final class FileFacts {
  private static final String DELETED = " (deleted)";
  private static final int COPIES_MAX = 8;

  private final Machine machine;
  private final Digests digests;

  FileFacts(Machine machine) {
    this.machine = machine;
    this.digests = new Digests(machine.limits());
  }

  void files(FactSheet sheet, Set<String> existence, Set<String> digest) {
    for (String path : existence) {
      try {
        Files.readAttributes(machine.at(path), BasicFileAttributes.class);
        sheet.flag(PostureFact.Kind.KIND_FILE_EXISTS, path, true);
      } catch (NoSuchFileException e) {
        sheet.flag(PostureFact.Kind.KIND_FILE_EXISTS, path, false);
      } catch (IOException e) {
        sheet.missing(PostureFact.Kind.KIND_FILE_EXISTS, path, "it cannot be looked at");
      }
    }
    for (String path : digest) {
      try {
        sheet.text(PostureFact.Kind.KIND_FILE_SHA256, path, digests.of(machine.at(path)));
      } catch (NoSuchFileException e) {
        sheet.missing(PostureFact.Kind.KIND_FILE_SHA256, path, "there is no such file");
      } catch (IOException e) {
        sheet.missing(
            PostureFact.Kind.KIND_FILE_SHA256, path, "it cannot be read: " + e.getMessage());
      }
    }
  }

  void processes(FactSheet sheet, Set<String> running, Set<String> digest) {
    Set<String> wanted = new HashSet<>(running);
    wanted.addAll(digest);
    if (wanted.isEmpty()) {
      return;
    }
    Map<String, List<Path>> found = new HashMap<>();
    boolean all = look(wanted, found);
    for (String path : running) {
      if (found.containsKey(path)) {
        sheet.flag(PostureFact.Kind.KIND_PROCESS_RUNNING, path, true);
      } else if (all) {
        sheet.flag(PostureFact.Kind.KIND_PROCESS_RUNNING, path, false);
      } else {
        sheet.missing(
            PostureFact.Kind.KIND_PROCESS_RUNNING,
            path,
            "not all processes can be examined; run the client connector as root");
      }
    }
    for (String path : digest) {
      digest(sheet, path, found.getOrDefault(path, List.of()));
    }
  }

  private void digest(FactSheet sheet, String path, List<Path> copies) {
    PostureFact.Kind kind = PostureFact.Kind.KIND_PROCESS_SHA256;
    Set<String> values = new TreeSet<>();
    try {
      for (Path copy : copies) {
        values.add(digests.of(copy));
      }
    } catch (IOException e) {
      sheet.missing(kind, path, "its file cannot be read: " + e.getMessage());
      return;
    }
    if (values.isEmpty()) {
      sheet.missing(kind, path, "it was not seen running");
    } else if (values.size() > COPIES_MAX) {
      sheet.missing(kind, path, "it runs from more than " + COPIES_MAX + " different files");
    } else {
      sheet.text(kind, path, String.join(" ", values));
    }
  }

  /** Finds processes by the path of their program; false if some could not be looked at. */
  private boolean look(Set<String> wanted, Map<String, List<Path>> found) {
    boolean all = true;
    int count = 0;
    try (DirectoryStream<Path> processes =
        Files.newDirectoryStream(machine.at("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (++count > machine.limits().processesMax()) {
          return false;
        }
        Path link = process.resolve("exe");
        try {
          String program = program(link);
          if (wanted.contains(program)) {
            found.computeIfAbsent(program, key -> new ArrayList<>()).add(link);
          }
        } catch (NoSuchFileException e) {
          // It ended, or is a thread of the kernel, which has no program.
        } catch (IOException e) {
          all = false;
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return false;
    }
    return all;
  }

  /** The file that a process was started from; it is read through the link, also when deleted. */
  private String program(Path link) throws IOException {
    String target = machine.onMachine(Files.readSymbolicLink(link));
    return target.endsWith(DELETED)
        ? target.substring(0, target.length() - DELETED.length())
        : target;
  }
}
