package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.postern.demo.Proofs.Evidence;

/** What nobody else sees, and where nobody comes in. */
final class SecrecyProofs {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern UNASKED = Pattern.compile("counter unasked \\{\\s*packets (\\d+)");
  private static final String DEVICE = "10.91.1.2";
  private static final String GATEWAY = "10.91.2.2";
  private static final int PROBE_MILLIS = 700;

  private final Scene scene;

  SecrecyProofs(Scene scene) {
    this.scene = scene;
  }

  void proveWitness(Proofs proofs) {
    proofs.proveApart(
        "a packet capture at the broker holds neither the request's nor the response's text",
        this::unseen);
  }

  void proveNothingInbound(Proofs proofs) {
    proofs.proveApart(
        "nothing in the VPC or on the device accepted an inbound connection", this::nothingInbound);
  }

  private static String randomWord(String prefix) {
    return prefix
        + ThreadLocalRandom.current()
            .ints(24, 'a', 'z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
  }

  private Evidence unseen() throws DemoException {
    String request = randomWord("ask");
    String response = new StringBuilder(request).reverse().toString();
    String control = randomWord("see");
    Layout.App wiki = scene.layout().wiki();
    scene.cloud().call("watch", Map.of(), LIMIT);
    JsonNode said =
        scene
            .user()
            .call(
                "get",
                Map.of("host", wiki.host(), "port", wiki.port(), "path", "/secret?word=" + request),
                LIMIT);
    // The same capture must see what is not hidden: a plain DNS question to the public resolver.
    Layout.Door dns = scene.layout().publicDns();
    scene
        .user()
        .call(
            "resolve",
            Map.of("server", dns.address(), "port", dns.port(), "name", control + ".example"),
            LIMIT);
    JsonNode saw =
        scene.cloud().call("witness", Map.of("texts", List.of(request, response, control)), LIMIT);
    JsonNode found = saw.path("found");
    long user = saw.path("packets").path("to-user").asLong();
    long vpc = saw.path("packets").path("to-vpc").asLong();
    boolean holds =
        said.path("body").asText().equals(response)
            && found.path(request).isEmpty()
            && found.path(response).isEmpty()
            && !found.path(control).isEmpty()
            && user > 0
            && vpc > 0;
    return new Evidence(
        holds,
        "%d packets on the user's link and %d on the VPC's: request text seen on %s, response text"
                .formatted(user, vpc, found.path(request))
            + " on %s; a plain DNS question, as a control, on %s"
                .formatted(found.path(response), found.path(control)));
  }

  private Evidence nothingInbound() throws DemoException, IOException {
    long device = unasked(Room.USER);
    long vpc = unasked(Room.VPC);
    List<String> connector = listening(scene.connector());
    List<String> outward =
        scene.postern().tool(Room.USER, "cat", "/proc/net/tcp").output().stream()
            .map(line -> line.strip().split("\\s+"))
            .filter(words -> words.length > 3 && words[3].equals("0A"))
            .map(words -> words[1])
            .filter(address -> address.startsWith("02015B0A") || address.startsWith("00000000"))
            .toList();
    scene.cloud().call("connect", probe(DEVICE), LIMIT);
    scene.cloud().call("connect", probe(GATEWAY), LIMIT);
    long deviceAfter = unasked(Room.USER);
    long vpcAfter = unasked(Room.VPC);
    boolean holds =
        device == 0
            && vpc == 0
            && connector.isEmpty()
            && outward.isEmpty()
            && deviceAfter > 0
            && vpcAfter > 0;
    return new Evidence(
        holds,
        "packets that came unasked: device %d, VPC %d; listeners of the app connector: %s, of the"
                .formatted(device, vpc, connector)
            + " device on its uplink: %s; a probe from the cloud, as a control, was dropped and"
                .formatted(outward)
            + " counted: %d and %d".formatted(deviceAfter, vpcAfter));
  }

  private static Map<String, Object> probe(String address) {
    return Map.of("host", address, "port", 80, "patience", PROBE_MILLIS);
  }

  private long unasked(Room room) throws DemoException {
    Matcher matcher = UNASKED.matcher(scene.postern().tool(room, "nft", "list", "counters").text());
    if (!matcher.find()) {
      throw new DemoException("nft shows no counter in " + room.label());
    }
    return Long.parseLong(matcher.group(1));
  }

  /** Listening sockets that the process holds. */
  private static List<String> listening(Program program) throws IOException, DemoException {
    ProcessHandle process = program.inner();
    if (process == null) {
      throw new DemoException("the app connector does not run");
    }
    Path proc = Path.of("/proc/" + process.pid());
    List<String> listeners = new ArrayList<>(Tools.listeners(proc.resolve("net/tcp")));
    if (Files.exists(proc.resolve("net/tcp6"))) {
      listeners.addAll(Tools.listeners(proc.resolve("net/tcp6")));
    }
    List<String> held = new ArrayList<>();
    try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
      for (Path file : files.toList()) {
        if (Files.isSymbolicLink(file)) {
          String target = Files.readSymbolicLink(file).toString();
          listeners.stream()
              .filter(each ->
                  target.equals("socket:[" + each.substring(each.lastIndexOf(' ') + 1) + "]"))
              .forEach(held::add);
        }
      }
    }
    return held;
  }
}
