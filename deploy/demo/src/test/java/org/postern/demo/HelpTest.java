package org.postern.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/** What every command of every program says about itself, on a terminal of 80 columns. */
final class HelpTest {
  private static final int COLUMNS = 80;

  /** Where descriptions of options begin, and how much is left for them. */
  private static final int OPTION_COLUMNS = 53;

  private static List<CommandLine> all(CommandLine command) {
    List<CommandLine> all = new ArrayList<>(List.of(command));
    command.getSubcommands().values().forEach(each -> all.addAll(all(each)));
    return all;
  }

  @Test
  void noLineIsLongerThanTheTerminalIsWide() {
    List<String> tooLong = new ArrayList<>();
    for (CommandLine command : all(CommandLineMain.commandLine())) {
      command
          .getUsageMessage(Ansi.OFF)
          .lines()
          .filter(line -> line.length() > COLUMNS)
          .forEach(line -> tooLong.add(command.getCommandSpec().qualifiedName() + ": " + line));
    }
    assertThat(tooLong).isEmpty();
  }

  /** Else the terminal, or picocli, breaks it once more, and leaves a word alone on a line. */
  @Test
  void linesThatAreBrokenByHandFit() {
    List<String> broken = new ArrayList<>();
    for (CommandLine command : all(CommandLineMain.commandLine())) {
      CommandSpec spec = command.getCommandSpec();
      add(broken, spec, spec.usageMessage().header(), COLUMNS);
      add(broken, spec, spec.usageMessage().description(), COLUMNS);
      add(broken, spec, spec.usageMessage().footer(), COLUMNS);
      spec.args().forEach(each -> add(broken, spec, each.description(), OPTION_COLUMNS));
    }
    assertThat(broken).isEmpty();
  }

  private static void add(List<String> broken, CommandSpec spec, String[] lines, int columns) {
    for (int i = 0; i < lines.length; i++) {
      boolean alone =
          (i == 0 || lines[i - 1].isEmpty()) && (i + 1 == lines.length || lines[i + 1].isEmpty());
      for (String line : lines[i].replace("%%", "%").split("%n", -1)) {
        boolean command = line.startsWith(" ") || line.endsWith("\\");
        if (line.length() >= columns && (command || !alone || lines[i].contains("%n"))) {
          broken.add(spec.qualifiedName() + ": " + line);
        }
      }
    }
  }
}
