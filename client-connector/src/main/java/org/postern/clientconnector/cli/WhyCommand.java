package org.postern.clientconnector.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Why may I, or may I not, reach something? */
@Command(
    name = "why",
    mixinStandardHelpOptions = true,
    description = {
      "Says why you may, or may not, reach something now, by the broker's own decision, and the id"
          + " under which your administrator finds it.",
      "",
      "Example: postern why payments.corp.internal:443"
    })
final class WhyCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Parameters(
      paramLabel = "HOST[:PORT]",
      description =
          "what you want to reach; an address that a private name was answered with counts as the"
              + " name")
  private String target = "";

  @Option(names = "--udp", description = "by UDP instead of TCP")
  private boolean udp;

  @Option(names = "--json", description = "one line of JSON, for programs")
  private boolean json;

  @Mixin private final HomeOptions home = new HomeOptions();

  WhyCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException {
    String line = ask(surroundings, home, "why " + plain(target) + (udp ? " udp" : " tcp"));
    JsonNode answer = new ObjectMapper().readTree(line);
    if (json) {
      surroundings.out().println(line);
    } else {
      print(surroundings.out(), answer);
    }
    return answer.path("outcome").asText().equals("refused") ? ExitCode.REFUSED : ExitCode.OK;
  }

  static void print(PrintStream out, JsonNode answer) {
    String target = answer.path("target").asText();
    if (answer.has("address")) {
      out.printf("%s stands for a name on this device:%n", answer.path("address").asText());
    }
    out.printf("%s: %s.%n", target, answer.path("text").asText().replace("HOST:PORT", target));
    if (!answer.path("message").asText().isEmpty()
        && !answer.path("text").asText().contains(answer.path("message").asText())) {
      out.printf("Your administrator says: %s%n", answer.path("message").asText());
    }
    String decision = answer.path("decisionId").asText();
    if (!decision.isEmpty()) {
      out.printf(
          "Decision %s (for your administrator: postern admin decision show %s)%n",
          decision, decision);
    }
  }

  /** Without spaces, which separate the words of a question. */
  static String plain(String target) throws CommandFailure {
    if (target.isEmpty() || !target.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new CommandFailure(
          ExitCode.USAGE, target + ": no host (expected: HOST or HOST:PORT in ASCII)");
    }
    return target;
  }

  static String ask(Surroundings surroundings, HomeOptions home, String question)
      throws CommandFailure {
    try {
      return home.client(surroundings.environment()).question(question);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.NOT_CONNECTED, String.valueOf(e.getMessage()));
    }
  }
}
