package org.postern.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.acceptance.bench.BenchMain;
import org.postern.acceptance.house.House;
import org.postern.appconnector.ConnectorMain;
import org.postern.broker.BrokerMain;
import org.postern.clientconnector.ClientMain;
import org.postern.demo.CommandLineMain;
import org.postern.demo.Main;
import picocli.CommandLine;

/**
 * The launcher with a JDK that only says how it was called, in a checkout that only looks built.
 */
final class LauncherTest {
  private static final List<String> MODULES =
      List.of("broker", "app-connector", "client-connector", "deploy/demo", "acceptance");

  @TempDir private Path checkout = Path.of(".");

  private record Said(int code, String out, String err) {
    /** The words of the java command line, one a line. */
    List<String> words() {
      return out.lines().toList();
    }

    /** The main class and what it is given. */
    List<String> program() {
      int classPath = words().indexOf("-cp");
      return classPath < 0 ? List.of() : words().subList(classPath + 2, words().size());
    }
  }

  @BeforeEach
  void copyLauncher() throws Exception {
    Path launcher = checkout.resolve("postern");
    Files.copy(House.find().root().resolve("postern"), launcher);
    for (String module : MODULES) {
      Path target = Files.createDirectories(checkout.resolve(module).resolve("target"));
      Files.createFile(target.resolve("postern-module.jar"));
      Files.writeString(target.resolve("classpath"), "@lib@/one.jar");
    }
    Path jdk = checkout.resolve("jdk");
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    Path java =
        Files.writeString(
            jdk.resolve("bin/java"), "#!/bin/sh\nfor word; do echo \"$word\"; done\n");
    for (Path program : List.of(launcher, java)) {
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private Said postern(String... words) throws Exception {
    return postern(checkout, checkout.resolve("jdk"), "", words);
  }

  private Said postern(Path home, Path jdk, String javaOptions, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(home.resolve("postern").toString()));
    command.addAll(Arrays.asList(words));
    Path err = checkout.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(err.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "JAVA_HOME",
                jdk.toString(),
                "HOME",
                checkout.toString(),
                "XDG_CACHE_HOME",
                checkout.resolve("postern-cache").toString(),
                "POSTERN_NO_BUILD",
                "1",
                "POSTERN_JAVA_OPTIONS",
                javaOptions));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), out, Files.readString(err));
  }

  private static Stream<String> commandsOf(CommandLine program) {
    return program.getSubcommands().keySet().stream().filter(name -> !name.equals("help"));
  }

  private void assertReaches(Class<?> program, List<String> given, String... words)
      throws Exception {
    Said said = postern(words);
    List<String> expected = new ArrayList<>(List.of(program.getName()));
    expected.addAll(given);
    assertThat(said.program()).as(said.err()).isEqualTo(expected);
  }

  @Test
  void everyCommandOfTheBrokerAndTheClientIsReached() throws Exception {
    for (String name : commandsOf(BrokerMain.commandLine()).toList()) {
      assertReaches(BrokerMain.class, List.of(name, "--help"), name, "--help");
    }
    for (String name : commandsOf(ClientMain.command()).toList()) {
      assertReaches(ClientMain.class, List.of(name, "--help"), name, "--help");
    }
  }

  @Test
  void everyCommandOfTheOtherProgramsIsReached() throws Exception {
    for (String name : commandsOf(ConnectorMain.command()).toList()) {
      assertReaches(ConnectorMain.class, List.of(name, "--help"), "connector", name, "--help");
    }
    assertReaches(Main.class, List.of("--check"), "demo", "--check");
    assertReaches(BenchMain.class, List.of("relay"), "bench", "relay");
    assertReaches(CommandLineMain.class, List.of("completion", "zsh"), "completion", "zsh");
    for (String option : List.of("--version", "-V")) {
      assertReaches(CommandLineMain.class, List.of(option), option);
    }
  }

  @Test
  void theUsageNamesEveryCommandAndEveryBenchmark() throws Exception {
    Said usage = postern("--help");
    assertThat(usage.code()).isZero();
    Stream<String> commands =
        Stream.concat(
            commandsOf(CommandLineMain.commandLine()).filter(name -> !name.equals("connector")),
            commandsOf(ConnectorMain.command()).map(name -> "connector " + name));
    commands.forEach(
        name -> assertThat(usage.out()).containsPattern("(?m)^  postern " + name + "( |$)"));
    assertThat(usage.out().lines()).as("on a terminal").allMatch(line -> line.length() <= 80);
    BenchMain.names()
        .forEach(name -> assertThat(usage.out()).containsPattern("(?m)^ {10,}.*\\b" + name));
  }

  @Test
  void anUnknownCommandIsToldAllThatAreKnown() throws Exception {
    Said said = postern("frobnicate");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("'frobnicate' (expected one of").contains("postern --help");
    commandsOf(CommandLineMain.commandLine())
        .forEach(name -> assertThat(said.err()).containsPattern("[ :]" + name + "[ )]"));
  }

  @Test
  void aMistypedCommandIsToldTheNearest() throws Exception {
    Map<String, String> meant =
        Map.of("statsu", "status", "conect", "connect", "amdin", "admin", "logn", "login");
    for (Map.Entry<String, String> each : meant.entrySet()) {
      Said said = postern(each.getKey(), "--help");
      assertThat(said.code()).isEqualTo(2);
      assertThat(said.out()).isEmpty();
      assertThat(said.err())
          .contains("'%s'; did you mean '%s'?".formatted(each.getKey(), each.getValue()));
    }
    Said hostile = postern("$(touch x)'%s" + "a".repeat(5_000));
    assertThat(hostile.code()).isEqualTo(2);
    assertThat(hostile.err()).hasSizeLessThan(400).contains("$(touch x)'%s");
  }

  /** A JDK that makes archives, and says on standard error of the launcher that it did. */
  private void letTheJdkMakeArchives() throws Exception {
    Path classes = checkout.resolve("client-connector/src/main/cds/up.classes");
    Files.createDirectories(Objects.requireNonNull(classes.getParent()));
    Files.writeString(classes, "java/lang/Object\n");
    Files.writeString(
        checkout.resolve("jdk/bin/java"),
        """
        #!/bin/sh
        for word; do
          case "$word" in
            -Xshare:dump) dump=1 ;;
            -XX:SharedArchiveFile=*) file=${word#*=} ;;
          esac
          [ -n "$dump" ] || echo "$word"
        done
        [ -z "$dump" ] || echo made | tee -a '%s' >"$file"
        """
            .formatted(checkout.resolve("made")));
  }

  private long archivesMade() throws Exception {
    Path made = checkout.resolve("made");
    return Files.exists(made) ? Files.readAllLines(made).size() : 0;
  }

  private Path archiveOfClient(String command) throws Exception {
    Said said = postern(command);
    return said.words().stream()
        .filter(word -> word.startsWith("-XX:SharedArchiveFile="))
        .map(word -> Path.of(word.substring(word.indexOf('=') + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(said.out() + said.err()));
  }

  @Test
  void theFirstStartOfTheClientHasItsArchiveAndEachBuildItsOwn() throws Exception {
    letTheJdkMakeArchives();
    Path target = Files.createDirectories(checkout.resolve("target"));
    Path first = archiveOfClient("up");
    assertThat(first).exists().hasParent(target);
    assertThat(archiveOfClient("connect")).isEqualTo(first);
    assertThat(archivesMade()).isEqualTo(1);

    Files.writeString(checkout.resolve("client-connector/target/postern-module.jar"), "newer");
    Path second = archiveOfClient("up");
    assertThat(second).exists().isNotEqualTo(first);
    assertThat(first).doesNotExist();
    assertThat(archivesMade()).isEqualTo(2);
  }

  @Test
  void whereTheTreeCannotHoldTheArchiveItIsKeptInTheCache() throws Exception {
    letTheJdkMakeArchives();
    assertThat(archiveOfClient("up")).exists().hasParent(checkout.resolve("postern-cache/postern"));
  }

  @Test
  void withoutAnArchiveTheClientStartsAllTheSame() throws Exception {
    letTheJdkMakeArchives();
    Files.createFile(checkout.resolve("postern-cache")); // no folder can be made there
    Said said = postern("up");
    assertThat(said.program()).as(said.err()).isEqualTo(List.of(ClientMain.class.getName(), "up"));
    assertThat(said.out()).doesNotContain("SharedArchiveFile");
  }

  @Test
  void theClientsRealArchiveIsOneThatTheVirtualMachineTakes() throws Exception {
    Path root = House.find().root();
    Path jdk = Path.of(System.getProperty("java.home"));
    Said said = postern(root, jdk, "-Xshare:on -Xlog:class+load:stdout", "connect", "--help");
    assertThat(said.code()).as(said.out() + said.err()).isZero();
    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .doesNotContain("[cds")
        .contains(ClientMain.class.getName() + " source: shared objects file")
        .doesNotContain(ClientMain.class.getName() + " source: jar");
  }

  @Test
  void whatTheClientsArchiveIsMadeOfExists() throws Exception {
    Path classes = House.find().root().resolve("client-connector/src/main/cds/up.classes");
    List<String> ours =
        Files.readAllLines(classes).stream()
            .filter(name -> name.startsWith("org/postern/"))
            .toList();
    assertThat(ours).hasSizeGreaterThan(300);
    for (String name : ours) {
      String resource = "/" + name + ".class";
      assertThat(LauncherTest.class.getResource(resource))
          .as(name + " is gone; client-connector/src/main/cds/record lists the classes anew")
          .isNotNull();
    }
  }

  @Test
  void noCommandIsWrongUsage() throws Exception {
    Said said = postern();
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("postern demo");
  }

  @Test
  void completionKnowsEveryBenchmark() {
    CommandLine bench =
        Objects.requireNonNull(CommandLineMain.commandLine().getSubcommands().get("bench"));
    Iterable<String> known =
        bench.getCommandSpec().positionalParameters().getFirst().completionCandidates();
    assertThat(known).contains("all").containsAll(BenchMain.names());
  }
}
