package org.postern.acceptance.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postern.acceptance.house.SourceFile.Finding;
import org.postern.acceptance.house.SourceFile.Question;

/** Style that a machine can check, so that no reviewer has to. Main and test code alike. */
final class TidyTest {
  private static final int METHOD_LINES_MAX = 70;
  private static final int FILE_LINES_MAX = 400;
  private static final int PARAMETERS_MAX = 7;

  private static final Pattern VAGUE = Pattern.compile(".*(Util|Utils|Helper|Helpers|Manager)");

  /** What others have named. */
  private static final Set<String> PROPER_NAMES = Set.of("NetworkManager");

  /** Ambient time, and what to take instead: a Clock, an InstantSource or a LongSupplier. */
  private static final Map<String, Pattern> AMBIENT_TIME =
      Map.of(
          "System", Pattern.compile("nanoTime|currentTimeMillis"),
          "Clock", Pattern.compile("system.*|tick.*"),
          "InstantSource", Pattern.compile("system"),
          "Instant", Pattern.compile("now"),
          "LocalDate", Pattern.compile("now"),
          "LocalDateTime", Pattern.compile("now"),
          "OffsetDateTime", Pattern.compile("now"),
          "ZonedDateTime", Pattern.compile("now"));

  private static final List<SourceFile> SOURCES = SourceFile.parse(House.find());

  @Test
  void methodsFitOnAScreen() {
    assertNone(
        all(source ->
            tree ->
                tree instanceof MethodTree method && source.lines(method) > METHOD_LINES_MAX
                    ? "%s has %d lines (expected: <= %d); split it"
                        .formatted(method.getName(), source.lines(method), METHOD_LINES_MAX)
                    : null));
  }

  @Test
  void filesAreOneThing() {
    assertNone(
        SOURCES.stream()
            .filter(source -> source.lines() > FILE_LINES_MAX)
            .map(source ->
                new Finding(
                    source.path(),
                    source.lines(),
                    "file is too long (expected: <= " + FILE_LINES_MAX + " lines)"))
            .toList());
  }

  @Test
  void parametersCanBeCountedAtAGlance() {
    assertNone(
        all(source ->
            tree ->
                tree instanceof MethodTree method
                        && method.getParameters().size() > PARAMETERS_MAX
                        && !isRecordConstructor(method)
                    ? "%s has %d parameters (expected: <= %d); make a record of them"
                        .formatted(method.getName(), method.getParameters().size(), PARAMETERS_MAX)
                    : null));
  }

  @Test
  void typesAreNamedByWhatTheyAre() {
    assertNone(
        all(source ->
            tree ->
                tree instanceof ClassTree type
                        && VAGUE.matcher(type.getSimpleName()).matches()
                        && !PROPER_NAMES.contains(type.getSimpleName().toString())
                    ? type.getSimpleName() + " says nothing; name what it is"
                    : null));
  }

  @Test
  void nobodySleeps() {
    assertNone(
        all(source -> uses("Thread", Pattern.compile("sleep"), "await a condition instead")));
  }

  @Test
  void timeIsAParameter() {
    List<Finding> findings = new ArrayList<>();
    for (SourceFile source : SOURCES) {
      // Benchmarks and their tools measure the real clock; that is what they are for.
      if (!source.main() || source.compositionRoot() || source.inModule("acceptance")) {
        continue;
      }
      AMBIENT_TIME.forEach((type, names) ->
          findings.addAll(
              source.findAll(uses(type, names, "take a Clock or a LongSupplier instead"))));
    }
    assertNone(findings);
  }

  @Test
  void noTestIsSwitchedOff() {
    assertNone(
        all(source ->
            tree ->
                tree instanceof AnnotationTree annotation
                        && lastName(annotation.getAnnotationType()).startsWith("Disabled")
                    ? "a test that does not run proves nothing; mend or delete it"
                    : null));
  }

  @Test
  void publicTypesOfMainCodeAreExplained() {
    assertNone(
        SOURCES.stream()
            .filter(SourceFile::main)
            .flatMap(source -> source.undocumentedPublicTypes().stream())
            .toList());
  }

  @Test
  void everyPackageHasASentenceAndIsNullMarked() {
    Set<String> marked = new HashSet<>();
    for (SourceFile source : SOURCES) {
      boolean explained =
          source.name().equals("package-info")
              && !source
                  .findAll(tree ->
                      tree instanceof AnnotationTree annotation
                              && lastName(annotation.getAnnotationType()).equals("NullMarked")
                          ? "marked"
                          : null)
                  .isEmpty();
      if (explained) {
        marked.add(packageKey(source));
      }
    }
    assertNone(
        SOURCES.stream()
            .filter(source -> !marked.contains(packageKey(source)))
            .map(source -> new Finding(source.folder(), 1, "no package-info with @NullMarked"))
            .distinct()
            .toList());
  }

  private interface PerFile {
    Question of(SourceFile source);
  }

  private static List<Finding> all(PerFile question) {
    return SOURCES.stream()
        .flatMap(source -> source.findAll(question.of(source)).stream())
        .toList();
  }

  private static Question uses(String type, Pattern names, String instead) {
    return tree -> {
      if (tree instanceof MemberSelectTree select
          && lastName(select.getExpression()).equals(type)
          && names.matcher(select.getIdentifier()).matches()) {
        return tree + ": " + instead;
      }
      if (tree instanceof MemberReferenceTree reference
          && lastName(reference.getQualifierExpression()).equals(type)
          && names.matcher(reference.getName()).matches()) {
        return tree + ": " + instead;
      }
      return null;
    };
  }

  private static String lastName(@Nullable Tree tree) {
    String text = String.valueOf(tree);
    return text.substring(text.lastIndexOf('.') + 1);
  }

  /** Main and test code of one module may share a package; one sentence serves both. */
  private static String packageKey(SourceFile source) {
    String path = source.folder();
    String module = path.substring(0, Math.max(0, path.indexOf("/src/")));
    return module + ":" + source.unit().getPackageName();
  }

  /** A record's components are its parameters, and named at every use by its accessors. */
  private static boolean isRecordConstructor(MethodTree method) {
    return method.getReturnType() == null && method.getName().contentEquals("<init>");
  }

  static void assertNone(List<?> findings) {
    assertThat(findings)
        .withFailMessage(() ->
            findings.size()
                + " finding(s):\n"
                + String.join("\n", findings.stream().map(Object::toString).toList()))
        .isEmpty();
  }
}
