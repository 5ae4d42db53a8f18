package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The process that serves and acts inside one room; see {@link Agent}. */
public final class AgentMain {
  static final String READY = "agent is ready";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, AgentAction> actions;
  private final PrintStream out;

  private AgentMain(Map<String, AgentAction> actions, PrintStream out) {
    this.actions = actions;
    this.out = out;
  }

  /** Arguments: the room, a file with the layout, and the SOCKS5 proxy's port or 0. */
  public static void main(String[] arguments) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // what libraries print must not come between the answers
    Room room = Room.valueOf(arguments[0]);
    Layout layout = JSON.readValue(Path.of(arguments[1]).toFile(), Layout.class);
    Network network = new Network(Integer.parseInt(arguments[2]));
    Map<String, AgentAction> actions =
        new TreeMap<>(new NetworkActions(network, System::nanoTime).actions());
    switch (room) {
      case USER -> actions.put("signin", with -> new Browser(with).signIn());
      case CLOUD -> {
        new DnsResponder(layout.publicNames()).serve(layout.publicDns());
        new IdentityProvider().serve(layout);
        actions.putAll(new PacketWitness().actions());
      }
      case VPC -> {
        DemoApplications applications = new DemoApplications(layout, System::nanoTime);
        applications.serve();
        actions.putAll(applications.actions());
      }
    }
    new AgentMain(actions, out).run();
  }

  private void run() throws IOException {
    say(READY);
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        JsonNode request = JSON.readTree(line);
        Thread.ofVirtual().start(() -> say(answer(request).toString()));
      }
    }
    System.exit(0);
  }

  private void say(String line) {
    synchronized (out) {
      out.println(line);
      out.flush();
    }
  }

  private ObjectNode answer(JsonNode request) {
    ObjectNode answer = JSON.createObjectNode().put("id", request.path("id").asLong());
    String what = request.path("do").asText();
    AgentAction action = actions.get(what);
    if (action == null) {
      return answer.put("error", "nobody here knows how to " + what);
    }
    try {
      answer.set("result", JSON.valueToTree(action.run(request.path("with"))));
      return answer;
    } catch (Exception e) {
      return answer.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
    }
  }
}
