package org.postern.demo;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code postern completion}. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a script that completes commands and options of all programs, for bash and zsh.",
      "",
      "Example: source <(postern completion)",
      "Example: postern completion zsh > ~/.postern-completion",
      "         and in ~/.zshrc: source ~/.postern-completion"
    })
final class CompletionCommand implements Callable<Integer> {
  /** Shells; one script is good for both, and finds out where it is. */
  enum Shell {
    bash,
    zsh
  }

  private final Supplier<CommandLine> programs;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      defaultValue = "bash",
      description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
  private Shell shell = Shell.bash;

  CompletionCommand(Supplier<CommandLine> programs) {
    this.programs = programs;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("# Completion of postern; this is the one for %s.%n", shell);
    out.print(AutoComplete.bash("postern", programs.get()));
    out.flush();
    return 0;
  }
}
