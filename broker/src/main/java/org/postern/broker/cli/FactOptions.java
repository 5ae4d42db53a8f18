package org.postern.broker.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who asks, and what is known of them: for commands that put a question to the engine. */
final class FactOptions {
  private static final Set<String> NAMES =
      Set.of(
          "authenticated",
          "context",
          "provider",
          "platform",
          "clientType",
          "source",
          "country",
          "risk",
          "transport",
          "at");

  @Option(
      names = "--user",
      paramLabel = "EMAIL",
      description = "Who: as they are known here, as far as nothing else is said.")
  private @Nullable String user;

  @Option(
      names = "--device",
      paramLabel = "ID",
      description = "A real device, with its user and what it last told.")
  private @Nullable String device;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "Instead of the groups that the provider said; may be repeated.")
  private List<String> groups = new ArrayList<>();

  @Option(
      names = "--attribute",
      paramLabel = "NAME=VALUE",
      description = "Instead of the attributes that are known; may be repeated.")
  private List<String> attributes = new ArrayList<>();

  @Option(
      names = "--method",
      paramLabel = "AMR",
      description = "A method of the sign-in, such as otp; may be repeated.")
  private List<String> methods = new ArrayList<>();

  @Option(
      names = "--network",
      paramLabel = "NAME",
      description = "A trusted network that the device is on; may be repeated.")
  private List<String> networks = new ArrayList<>();

  @Option(
      names = "--fact",
      paramLabel = "NAME=VALUE",
      description = {
        "authenticated and at (times), context (acr), provider, platform, clientType,"
            + " source, country, risk, transport; may be repeated."
      })
  private List<String> facts = new ArrayList<>();

  @Option(
      names = "--posture",
      paramLabel = "PROFILE=true|false",
      description = "Instead of what the device told; may be repeated.")
  private List<String> posture = new ArrayList<>();

  /** Whether neither a person nor a device nor a group is named. */
  boolean isAboutNobody() {
    return user == null && device == null && groups.isEmpty();
  }

  /** Into a question. */
  void put(ObjectNode body) {
    if (user != null) {
      body.put("user", user);
    }
    if (device != null) {
      body.put("device", device);
    }
    put(body, "groups", groups);
    put(body, "methods", methods);
    put(body, "trustedNetworks", networks);
    for (String fact : facts) {
      String name = name(fact);
      if (!NAMES.contains(name)) {
        throw new CommandException(
            ExitCode.WRONG,
            name + " is no fact (expected: one of " + NAMES.stream().sorted().toList() + ")");
      }
      body.put(name, value(fact));
    }
    if (!attributes.isEmpty()) {
      ObjectNode values = body.putObject("attributes");
      attributes.forEach(each -> values.withArray(name(each)).add(value(each)));
    }
    if (!posture.isEmpty()) {
      ObjectNode profiles = body.putObject("posture");
      posture.forEach(each -> profiles.put(name(each), isTrue(each)));
    }
  }

  private static void put(ObjectNode body, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = body.putArray(field);
      values.forEach(array::add);
    }
  }

  private static boolean isTrue(String pair) {
    return switch (value(pair)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new CommandException(ExitCode.WRONG, pair + " is not PROFILE=true|false");
    };
  }

  private static String name(String pair) {
    int equal = pair.indexOf('=');
    if (equal < 1) {
      throw new CommandException(ExitCode.WRONG, pair + " is not NAME=VALUE");
    }
    return pair.substring(0, equal);
  }

  private static String value(String pair) {
    return pair.substring(pair.indexOf('=') + 1);
  }
}
