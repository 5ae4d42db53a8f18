package org.postern.clientconnector.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Please let me in for a while. */
@Command(
    name = "request",
    mixinStandardHelpOptions = true,
    description = {
      "Asks for access where somebody has to approve it, prints the request's id, and waits for the"
          + " answer. What was approved ends by itself.",
      "",
      "Example: postern request db.corp.internal:5432 --reason 'ticket 77' --for 2h"
    })
final class RequestCommand implements Callable<Integer> {
  private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,5})([mhd])");
  private static final int REASON_MAX = 500;
  private static final long LOOK_EVERY_SECONDS = 3;

  private final Surroundings surroundings;

  /** Nobody ever gives one back: to wait for it is to wait. */
  private final Semaphore never = new Semaphore(0);

  @Parameters(paramLabel = "HOST[:PORT]", description = "what you want to reach")
  private String target = "";

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "for the approver, at most 500 characters")
  private String reason = "";

  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "1h",
      description = "30m, 2h, 1d, at most 30d (default: ${DEFAULT-VALUE})")
  private String time = "1h";

  @Option(names = "--no-wait", description = "only ask; see 'postern status' for the answer")
  private boolean noWait;

  @Option(names = "--udp", description = "by UDP instead of TCP")
  private boolean udp;

  @Option(names = "--json", description = "one line of JSON, for programs")
  private boolean json;

  @Mixin private final HomeOptions home = new HomeOptions();

  RequestCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure, IOException {
    if (reason.isBlank() || reason.length() > REASON_MAX) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "--reason has %d characters (expected: 1 to %d)".formatted(reason.length(), REASON_MAX));
    }
    String line =
        WhyCommand.ask(
            surroundings,
            home,
            "request %s %s %d %s"
                .formatted(
                    WhyCommand.plain(target),
                    udp ? "udp" : "tcp",
                    seconds(time),
                    URLEncoder.encode(reason, StandardCharsets.UTF_8)));
    JsonNode answer = new ObjectMapper().readTree(line);
    String outcome = answer.path("outcome").asText();
    if (outcome.equals("waits") && !noWait) {
      String id = answer.path("requestId").asText();
      (json ? surroundings.err() : surroundings.out())
          .printf("%s waits for an approver; Ctrl-C stops waiting, not the request.%n", id);
      return end(await(id));
    }
    if (json) {
      surroundings.out().println(line);
    } else if (outcome.equals("waits")) {
      surroundings.out().println(answer.path("requestId").asText());
    } else {
      WhyCommand.print(surroundings.out(), answer);
    }
    return switch (outcome) {
      case "waits", "not_needed" -> ExitCode.OK;
      case "failed" -> ExitCode.FAILED;
      default -> ExitCode.REFUSED;
    };
  }

  private static long seconds(String text) throws CommandFailure {
    Matcher matcher = TIME.matcher(text);
    if (!matcher.matches()) {
      throw new CommandFailure(
          ExitCode.USAGE, "--for " + text + " (expected: a time such as 30m, 2h, 1d)");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "m" -> TimeUnit.MINUTES.toSeconds(amount);
      case "h" -> TimeUnit.HOURS.toSeconds(amount);
      default -> TimeUnit.DAYS.toSeconds(amount);
    };
  }

  /** Looks until somebody has decided; a broker that is away for a while is looked for again. */
  private JsonNode await(String id) throws CommandFailure, IOException {
    while (true) {
      pause();
      JsonNode list;
      try {
        list = new ObjectMapper().readTree(WhyCommand.ask(surroundings, home, "requests"));
      } catch (CommandFailure e) {
        if (String.valueOf(e.getMessage()).contains("postern up")) {
          throw e;
        }
        continue;
      }
      for (JsonNode each : list.path("requests")) {
        if (each.path("id").asText().equals(id) && !each.path("state").asText().equals("waiting")) {
          return each;
        }
      }
    }
  }

  private void pause() throws CommandFailure {
    try {
      if (never.tryAcquire(LOOK_EVERY_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("somebody gave what nobody has");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "interrupted; the request still waits");
    }
  }

  private int end(JsonNode request) {
    boolean approved = request.path("state").asText().equals("approved");
    if (json) {
      surroundings.out().println(request);
      return approved ? ExitCode.OK : ExitCode.REFUSED;
    }
    surroundings.out().println(line(request));
    return approved ? ExitCode.OK : ExitCode.REFUSED;
  }

  /** One request in words. */
  static String line(JsonNode request) {
    long until = request.path("untilMillis").asLong();
    String text = request.path("text").asText();
    String state =
        switch (request.path("state").asText()) {
          case "approved" ->
              "approved until " + Instant.ofEpochMilli(until).truncatedTo(ChronoUnit.SECONDS);
          case "ended" ->
              "over since " + Instant.ofEpochMilli(until).truncatedTo(ChronoUnit.SECONDS);
          case "refused" -> "refused";
          default -> "waits for an approver";
        };
    return "%s  %s: %s%s"
        .formatted(
            request.path("id").asText(),
            request.path("target").asText(),
            state,
            text.isEmpty() ? "" : " (" + text + ")");
  }
}
