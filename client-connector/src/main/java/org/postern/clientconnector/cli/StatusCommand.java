package org.postern.clientconnector.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who you are, what is open, and why something is not. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the link to the broker, your session, live flows, and why the last ones ended.",
      "",
      "Example: postern status --json | jq .tunnel.ended"
    })
final class StatusCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(names = "--json", description = "one line of JSON, for programs")
  private boolean json;

  @Mixin private final HomeOptions home = new HomeOptions();

  StatusCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandFailure {
    JsonNode status;
    String line;
    try {
      line = home.client(surroundings.environment()).status();
      status = new ObjectMapper().readTree(line);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.NOT_CONNECTED, String.valueOf(e.getMessage()));
    }
    if (json) {
      surroundings.out().println(line);
    } else {
      print(status);
    }
    return status.path("tunnel").path("linked").asBoolean() ? ExitCode.OK : ExitCode.NOT_CONNECTED;
  }

  private void print(JsonNode status) {
    PrintStream out = surroundings.out();
    JsonNode tunnel = status.path("tunnel");
    out.printf(
        "Broker    %s: %s%n", tunnel.path("broker").asText(), tunnel.path("linkText").asText());
    if (!tunnel.path("linkReason").asText().isEmpty()) {
      out.printf("Reason    %s%n", tunnel.path("linkReason").asText());
    }
    out.printf(
        "User      %s, session %s%s%n",
        tunnel.path("user").asText("nobody"),
        tunnel.path("session").asText(),
        until(tunnel.path("sessionExpiresMillis").asLong()));
    out.printf(
        "Device    certificate%s%n", until(tunnel.path("certificateExpiresMillis").asLong()));
    JsonNode local = status.path("transparent");
    if (local.isObject()) {
      String ipv6 = local.path("ipv6Range").asText();
      out.printf(
          "Names     %s, resolver %s (%s), %d names%n",
          local.path("range").asText() + (ipv6.isEmpty() ? "" : " and " + ipv6),
          local.path("resolverAddress").asText(),
          local.path("resolver").asText(),
          local.path("names").asInt());
      if (ipv6.isEmpty()) {
        out.printf("IPv6      no addresses for names: %s%n", local.path("ipv6Off").asText());
      }
    }
    if (!status.path("proxy").asText().isEmpty()) {
      out.printf("Proxy     SOCKS5 and HTTP CONNECT on %s%n", status.path("proxy").asText());
    }
    posture(out, tunnel.path("posture"));
    for (JsonNode request : status.path("requests")) {
      if (isOfInterest(request)) {
        out.printf("Request   %s%n", RequestCommand.line(request));
      }
    }
    out.printf("Lanes     %d%n", tunnel.path("lanes").asInt());
    out.printf("Flows     %d%n", tunnel.path("flows").size());
    for (JsonNode flow : tunnel.path("flows")) {
      out.printf(
          "  %s/%s  %s, for %s%n",
          flow.path("target").asText(),
          flow.path("transport").asText(),
          flow.path("state").asText(),
          ago(flow.path("startedMillis").asLong()));
    }
    if (!tunnel.path("ended").isEmpty()) {
      out.println("Refused, cut or lost lately");
    }
    for (JsonNode end : tunnel.path("ended")) {
      out.printf(
          "  %s  %s: %s, %s ago%s%n",
          end.path("target").asText(),
          end.path("reason").asText(),
          end.path("text").asText(),
          ago(end.path("atMillis").asLong()),
          end.path("decisionId").asText().isEmpty()
              ? ""
              : " (decision " + end.path("decisionId").asText() + ")");
    }
  }

  /** What waits or holds, and what was decided about a wish of the last day. */
  private boolean isOfInterest(JsonNode request) {
    String state = request.path("state").asText();
    Instant asked = Instant.ofEpochMilli(request.path("askedMillis").asLong());
    return state.equals("waiting")
        || state.equals("approved")
        || asked.isAfter(surroundings.clock().instant().minus(Duration.ofDays(1)));
  }

  private static void posture(PrintStream out, JsonNode posture) {
    for (JsonNode profile : posture.path("profiles")) {
      String text = profile.path("text").asText();
      out.printf(
          "Posture   %s: %s%s%s%n",
          profile.path("name").asText(),
          switch (profile.path("result").asText()) {
            case "true" -> "met";
            case "false" -> "not met";
            default -> "not known";
          },
          profile.path("inGrace").asBoolean() ? " for a short while" : "",
          text.isEmpty() ? "" : " (" + text + ")");
    }
  }

  private String until(long millis) {
    return millis == 0
        ? ""
        : " until " + Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
  }

  private String ago(long millis) {
    Duration age = Duration.between(Instant.ofEpochMilli(millis), surroundings.clock().instant());
    return age.toMinutes() >= 1 ? age.toMinutes() + " min" : Math.max(0, age.toSeconds()) + " s";
  }
}
