package org.postern.broker.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Identity providers on the command line. */
@Command(
    name = "idp",
    mixinStandardHelpOptions = true,
    description = "Identity providers: list them, walk through one, rotate our own keys.",
    subcommands = {
      ProviderCommands.Show.class,
      ProviderCommands.Test.class,
      ProviderCommands.Keys.class,
      CommandLine.HelpCommand.class
    },
    footer = {"", "Example:", "  postern admin idp test corp"})
final class ProviderCommands {
  ProviderCommands() {}

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the identity providers.",
      footer = {"", "Example:", "  postern admin idp list"})
  static final class Show implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      JsonNode answer = client.success(client.get("/admin/v1/config/identity-providers"));
      if (connection.json()) {
        Output.of(spec).println(answer.toPrettyString());
        return ExitCode.OK;
      }
      for (JsonNode each : answer.path("items")) {
        Output.of(spec)
            .println(
                "%s  %s  %s"
                    .formatted(
                        each.path("name").asText(),
                        each.has("saml") ? "SAML" : "OpenID Connect",
                        domains(each)));
      }
      return ExitCode.OK;
    }

    private static String domains(JsonNode provider) {
      StringBuilder text = new StringBuilder();
      provider.path("domains").forEach(each -> text.append(each.asText()).append(' '));
      return text + (provider.path("anyDomain").asBoolean() ? "any other domain" : "");
    }
  }

  @Command(
      name = "test",
      mixinStandardHelpOptions = true,
      description = "Walks through a provider and says exactly what is wrong.",
      footer = {"", "Example:", "  postern admin idp test corp"})
  static final class Test implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The provider.")
    private String name = "";

    @Override
    public Integer call() {
      AdminClient client = connection.open();
      JsonNode answer =
          client.success(
              client.get("/admin/v1/identity-providers/" + AdminClient.encode(name) + "/test"));
      if (connection.json()) {
        Output.of(spec).println(answer.toPrettyString());
      } else {
        print(answer);
      }
      return answer.path("state").asText().equals("good") ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void print(JsonNode answer) {
      Output.of(spec).print(Table.of(answer.path("items"), "grade", "what", "text"));
      Output.of(spec).println("");
      Output.of(spec).println("Test sign-in, in a browser: " + answer.path("testSignIn").asText());
      JsonNode last = answer.path("lastSignIn");
      if (last.isMissingNode()) {
        Output.of(spec).println("Nobody has signed in through it yet.");
        return;
      }
      Output.of(spec)
          .println(
              "Last sign-in %s, of %s; it said:"
                  .formatted(
                      last.path("at").asText(), Table.printable(last.path("subject").asText())));
      for (Map.Entry<String, JsonNode> each : last.path("said").properties()) {
        Output.of(spec)
            .println(
                "  "
                    + Table.printable(each.getKey())
                    + ": "
                    + Table.printable(each.getValue().asText()));
      }
      Output.of(spec).flush();
    }
  }

  @Command(
      name = "keys",
      mixinStandardHelpOptions = true,
      description = {
        "The broker's own keys towards identity providers. Rotate them without a"
            + " sign-out: prepare publishes a next key (wait until the providers have it),"
            + " promote signs with it, drop forgets the previous one."
      },
      footer = {"", "Example:", "  postern admin idp keys prepare"})
  static final class Keys implements Callable<Integer> {
    @Mixin private Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Parameters(
        paramLabel = "STEP",
        arity = "0..1",
        description = "prepare, promote or drop; none: list the keys.")
    private String step = "";

    @Override
    public Integer call() {
      String path = "/admin/v1/service-keys";
      return step.isEmpty()
          ? PeopleCommands.list(connection, spec, path, "id", "state", "fingerprint")
          : PeopleCommands.change(
              connection,
              spec,
              client -> client.post(path + "/" + AdminClient.encode(step), "text/plain", ""));
    }
  }
}
