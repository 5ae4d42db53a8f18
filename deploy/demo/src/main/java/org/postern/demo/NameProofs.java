package org.postern.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.postern.demo.Proofs.Evidence;

/** What names say, to whom, and how fast. */
final class NameProofs {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int ROUNDS = 300;
  private static final double RATIO_MAX = 1.2;
  private static final int WRONG_PORT_OFFSET = 1;

  private final Scene scene;
  private final Layout layout;

  NameProofs(Scene scene) {
    this.scene = scene;
    this.layout = scene.layout();
  }

  void proveAll(Proofs proofs) {
    proofs.proveApart(
        "the name resolves in 100.64.0.0/16, and in its IPv6 twin, on the user side only",
        this::resolves);
    proofs.proveApart(
        "a forbidden and a nonsense name give the same answer, in times that differ by < 20 %",
        this::looksAlike);
    proofs.prove("a wrong port is refused", this::wrongPort);
  }

  private Evidence resolves() throws DemoException {
    String synthetic = userFinds("ahostsv4");
    JsonNode ipv6 = scene.status().path("transparent");
    boolean twins = !ipv6.path("ipv6Range").asText().isEmpty();
    String twin = twins ? userFinds("ahostsv6") : "";
    JsonNode cloud = resolve(scene.cloud(), layout.publicDns());
    JsonNode vpc = resolve(scene.vpc(), layout.vpcDns());
    String real = vpc.path("addresses").path(0).asText();
    boolean holds =
        synthetic.startsWith("100.64.")
            && (!twins || isTwin(twin, synthetic))
            && cloud.path("rcode").asInt() == DnsMessage.RCODE_NAME_ERROR
            && real.equals(layout.wiki().address());
    return new Evidence(
        holds,
        "%s is %s and %s for the user, %s in the cloud, %s in the VPC"
            .formatted(
                layout.wiki().host(),
                synthetic.isEmpty() ? "nothing" : synthetic,
                twins ? twin : "nothing for IPv6 (" + ipv6.path("ipv6Off").asText() + ")",
                cloud.path("rcode").asInt() == DnsMessage.RCODE_NAME_ERROR
                    ? "NXDOMAIN"
                    : cloud.toString(),
                real));
  }

  /** The first address that programs on the device get, or nothing. */
  private String userFinds(String database) throws DemoException {
    Postern.Said said = scene.postern().tool(Room.USER, "getent", database, layout.wiki().host());
    return said.text().split("\\s+", 2)[0];
  }

  /** Whether this is an IPv6 address for private use with these 32 bits at the end. */
  private static boolean isTwin(String twin, String synthetic) {
    byte[] all = InetAddress.ofLiteral(twin).getAddress();
    byte[] last = InetAddress.ofLiteral(synthetic).getAddress();
    return all.length == 16
        && all[0] == (byte) 0xfd
        && Arrays.equals(all, all.length - last.length, all.length, last, 0, last.length);
  }

  private JsonNode resolve(Agent agent, Layout.Door server) throws DemoException {
    return agent.call(
        "resolve",
        Map.of("server", server.address(), "port", server.port(), "name", layout.wiki().host()),
        LIMIT);
  }

  /** The resolver that programs on the device use. */
  static String resolver(Scene scene) throws DemoException {
    return scene
        .resolvConf()
        .lines()
        .filter(line -> line.startsWith("nameserver "))
        .map(line -> line.substring("nameserver ".length()).strip())
        .findFirst()
        .orElseThrow(() -> new DemoException("resolv.conf names no server"));
  }

  private Evidence looksAlike() throws DemoException {
    String nonsense = "qayrell.corp.internal";
    JsonNode race =
        scene
            .user()
            .call(
                "race",
                Map.of(
                    "server",
                    resolver(scene),
                    "forbidden",
                    layout.payroll().host(),
                    "nonsense",
                    nonsense,
                    "count",
                    ROUNDS),
                LIMIT);
    double forbidden = race.path("forbiddenMicros").asDouble();
    double unknown = race.path("nonsenseMicros").asDouble();
    double ratio = Math.max(forbidden, unknown) / Math.min(forbidden, unknown);
    boolean same =
        race.path("differing").asInt() == 0
            && race.path("rcode").asInt() == DnsMessage.RCODE_NAME_ERROR;
    return new Evidence(
        same && ratio < RATIO_MAX,
        String.format(
            Locale.ROOT,
            "%s and %s: %d of %d answers differ, rcode %d; medians %.0f and %.0f us, ratio %.2f",
            layout.payroll().host(),
            nonsense,
            race.path("differing").asInt(),
            ROUNDS + ROUNDS / 10 + 1,
            race.path("rcode").asInt(),
            forbidden,
            unknown,
            ratio));
  }

  private Evidence wrongPort() throws DemoException {
    int port = layout.wiki().port() + WRONG_PORT_OFFSET;
    JsonNode said =
        scene.user().call("connect", Map.of("host", layout.wiki().host(), "port", port), LIMIT);
    String outcome = said.path("outcome").asText();
    // The proxy answers as for a name that is not there, whatever the rest of the name may do.
    String refusal = scene.ground().apart() ? "refused" : "unreachable";
    return new Evidence(
        outcome.toLowerCase(Locale.ROOT).contains(refusal),
        "%s:%d: %s after %d ms"
            .formatted(layout.wiki().host(), port, outcome, said.path("millis").asLong()));
  }
}
