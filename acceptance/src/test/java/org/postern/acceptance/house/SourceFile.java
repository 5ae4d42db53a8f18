package org.postern.acceptance.house;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * One Java file as the compiler's parser sees it.
 *
 * @param path relative to the root of the checkout, with forward slashes
 * @param main true below {@code src/main}
 */
record SourceFile(
    String path, boolean main, CompilationUnitTree unit, SourcePositions positions, DocTrees docs) {

  /** A place in a file, told as {@code path:line what}. */
  record Finding(String path, long line, String what) {
    @Override
    public String toString() {
      return path + ":" + line + " " + what;
    }
  }

  /** Decides about one node; null when there is nothing to say. */
  interface Question {
    @org.jspecify.annotations.Nullable
    String ask(Tree tree);
  }

  /** Parses without resolving any name, which takes about a second for the whole house. */
  static List<SourceFile> parse(House house) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  diagnostic -> {},
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(house.javaFiles()));
      DocTrees docs = DocTrees.instance(task);
      List<SourceFile> sources = new ArrayList<>();
      for (CompilationUnitTree unit : task.parse()) {
        String path = house.relative(Path.of(unit.getSourceFile().toUri())).replace('\\', '/');
        boolean main = path.contains("src/main/");
        sources.add(new SourceFile(path, main, unit, docs.getSourcePositions(), docs));
      }
      return sources;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    String file = path.substring(path.lastIndexOf('/') + 1);
    return file.substring(0, file.length() - ".java".length());
  }

  /** Composition roots read the clock and start threads; nothing else does. */
  boolean compositionRoot() {
    return name().endsWith("Main");
  }

  boolean inModule(String module) {
    return path.startsWith(module + "/");
  }

  String folder() {
    return path.substring(0, path.lastIndexOf('/'));
  }

  long lines() {
    return unit.getLineMap().getLineNumber(positions.getEndPosition(unit, unit));
  }

  List<Finding> findAll(Question question) {
    List<Finding> findings = new ArrayList<>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void scan(Tree tree, Void nothing) {
        if (tree != null) {
          String answer = question.ask(tree);
          if (answer != null) {
            findings.add(new Finding(path, line(tree), answer));
          }
        }
        return super.scan(tree, null);
      }
    }.scan(unit, null);
    return findings;
  }

  long line(Tree tree) {
    return unit.getLineMap().getLineNumber(Math.max(0, positions.getStartPosition(unit, tree)));
  }

  /** Lines from the name or first annotation to the closing brace. */
  long lines(MethodTree method) {
    return unit.getLineMap().getLineNumber(positions.getEndPosition(unit, method))
        - line(method)
        + 1;
  }

  /** Public types that nobody explains, nested ones included when all around them are public. */
  List<Finding> undocumentedPublicTypes() {
    List<Finding> findings = new ArrayList<>();
    new TreePathScanner<Void, Void>() {
      @Override
      public Void visitClass(ClassTree type, Void nothing) {
        boolean topLevel = getCurrentPath().getParentPath().getLeaf() == unit;
        TreePath here = getCurrentPath();
        if (topLevel
            && type.getModifiers().getFlags().contains(Modifier.PUBLIC)
            && docs.getDocComment(here) == null) {
          findings.add(new Finding(path, line(type), "public type without Javadoc"));
        }
        return null;
      }
    }.scan(unit, null);
    return findings;
  }
}
