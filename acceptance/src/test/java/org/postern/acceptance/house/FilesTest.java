package org.postern.acceptance.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postern.acceptance.house.SourceFile.Finding;

/** What must hold for files of any kind, not for Java's syntax tree. */
final class FilesTest {
  private static final long TEXT_SIZE_MAX = 2_000_000;

  /** Written in two halves so that this file does not find itself. */
  private static final Pattern LEFTOVER = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");

  private static final Pattern REGISTRY =
      Pattern.compile(
          "repo1?\\.mav"
              + "en\\.(apache\\.)?org|registry\\.npm"
              + "js|deb\\.deb"
              + "ian|pypi\\.o"
              + "rg|proxy\\.gol"
              + "ang|art"
              + "ifactory|\"resol"
              + "ved\":");

  private static final Pattern MACHINE_PATH =
      Pattern.compile("(^|[^\\w.}/-])/(work|far" + "m|ro" + "ot|home/\\w+)/");

  private static final Pattern VERSION = Pattern.compile("<version>([^<]*)</version>");

  private static final House HOUSE = House.find();

  @Test
  void javaIsFormattedByGoogleJavaFormat() throws Exception {
    List<String> arguments =
        Stream.concat(Stream.of("--dry-run"), HOUSE.javaFiles().stream().map(Path::toString))
            .toList();
    StringWriter unformatted = new StringWriter();
    StringWriter errors = new StringWriter();
    Main formatter =
        new Main(
            new PrintWriter(unformatted), new PrintWriter(errors), InputStream.nullInputStream());
    formatter.format(arguments.toArray(String[]::new));
    assertThat(errors.toString()).isEmpty();
    assertThat(unformatted.toString().lines().map(file -> HOUSE.relative(Path.of(file))).toList())
        .withFailMessage(() -> "run ./format; these files would change:\n" + unformatted)
        .isEmpty();
  }

  @Test
  void nothingIsLeftForLater() throws IOException {
    TidyTest.assertNone(grep(LEFTOVER));
  }

  @Test
  void noRegistryIsNamed() throws IOException {
    TidyTest.assertNone(grep(REGISTRY));
  }

  @Test
  void noPathOfOneMachineIsWritten() throws IOException {
    TidyTest.assertNone(grep(MACHINE_PATH));
  }

  @Test
  void versionsStandInTheRootPomOnly() throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (String module : House.MODULES) {
      Path pom = HOUSE.root().resolve(module).resolve("pom.xml");
      String text = Files.readString(pom).replaceFirst("(?s)<parent>.*?</parent>", "");
      Matcher version = VERSION.matcher(text);
      while (version.find()) {
        findings.add(
            new Finding(HOUSE.relative(pom), 1, version.group() + " belongs in the root pom"));
      }
    }
    TidyTest.assertNone(findings);
  }

  private static List<Finding> grep(Pattern pattern) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Path file : HOUSE.files()) {
      if (Files.size(file) > TEXT_SIZE_MAX) {
        continue;
      }
      List<String> lines;
      try {
        lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      } catch (CharacterCodingException binary) {
        continue;
      }
      for (int i = 0; i < lines.size(); i++) {
        Matcher matcher = pattern.matcher(lines.get(i));
        if (matcher.find()) {
          findings.add(new Finding(HOUSE.relative(file), i + 1L, matcher.group()));
        }
      }
    }
    return findings;
  }
}
