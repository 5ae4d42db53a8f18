package org.postern.acceptance.bench.subject;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.ground.DelayLink;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * A deployment with an app connector, and a client connector with a signed-in user, each a process
 * started by the launcher as a person would. Everything ends with the run or the networks.
 */
public final class Cast {
  private static final int STATUS_CHECKS = 900;
  private static final int LINK_CHECKS = 50;
  private static final Pattern SIGN_IN = Pattern.compile("(?m)^\\s*(https://\\S+)\\s*$");

  private final Deployment deployment;
  private final Hands hands;
  private RunningProgram connector;
  private final List<String> up;
  private RunningProgram client;

  private Cast(Deployment deployment, int tunnelPort, List<String> clientOptions) throws Exception {
    this(deployment, tunnelPort, clientOptions, Hands.ours(deployment.work()));
  }

  private Cast(Deployment deployment, int tunnelPort, List<String> clientOptions, Hands hands)
      throws Exception {
    this.deployment = deployment;
    this.hands = hands;
    this.connector = startConnector();
    signIn(hands.places());
    if (tunnelPort != deployment.plan().brokerPort()) {
      goBy(tunnelPort);
    }
    this.up = PosternCommand.of("up", "--foreground");
    up.addAll(hands.places());
    up.addAll(clientOptions);
    this.client = startClient();
    awaitConnected();
  }

  private RunningProgram startClient() throws Exception {
    return deployment
        .start(Room.USER, hands.asRoot().apply(up))
        .awaitOutput("ready", Deployment.PATIENCE);
  }

  /** On loopback; the client connector is a SOCKS5 proxy at the port. */
  public static Cast onLoopback(BenchRun run, String folder, int socksPort) throws Exception {
    Deployment deployment = deployment(run, folder);
    return new Cast(deployment, deployment.plan().brokerPort(), proxy(socksPort));
  }

  /** As on loopback, with a long cable between the device and the broker. */
  static Cast farAway(BenchRun run, String folder, int socksPort, Duration delayEachWay)
      throws Exception {
    Deployment deployment = deployment(run, folder);
    DelayLink cable = run.own(deployment.cable(delayEachWay));
    return new Cast(deployment, cable.near().getPort(), proxy(socksPort));
  }

  private static Deployment deployment(BenchRun run, String folder) throws Exception {
    return Deployment.start(
        (room, command) -> run.start(command), Deployment.Plan.onLoopback(""), run.folder(folder));
  }

  private static List<String> proxy(int socksPort) {
    return List.of("--mode", "proxy", "--proxy", "127.0.0.1:" + socksPort);
  }

  /** In the rooms; the client connector is transparent, the application is in VPC_A. */
  static Cast inRooms(BenchRun run, NetworkNamespaces networks, String application)
      throws Exception {
    return inRooms(run, networks, application, Hands.ours(run.folder("postern-rooms")), "off");
  }

  /** As before, with the device in somebody's hands, and a proxy at that address of the device. */
  public static Cast inRooms(
      BenchRun run, NetworkNamespaces networks, String application, Hands hands, String proxy)
      throws Exception {
    networks.name(Room.VPC_A, Room.APPLICATION_ADDRESS, application);
    Deployment.Plan plan = new Deployment.Plan(Room.CLOUD.address(), 443, 8080, application, "");
    return new Cast(
        Deployment.start(networks::start, plan, run.folder("postern-rooms")),
        plan.brokerPort(),
        List.of("--mode", "transparent", "--proxy", proxy),
        hands);
  }

  /** Another policy, with these applications and rules; items of YAML lists. */
  public void apply(String applications, String rules) throws Exception {
    deployment.apply(applications, rules);
  }

  /** The JVM of the broker, without its database. */
  Collection<Long> brokerPids() {
    return deployment.brokerPids();
  }

  /** The JVM of the client connector. */
  Collection<Long> clientPids() {
    return Deployment.virtualMachines(client);
  }

  /** The JVM of the app connector. */
  Collection<Long> connectorPids() {
    return Deployment.virtualMachines(connector);
  }

  /** SIGKILL to the broker. */
  public void killBroker() throws Exception {
    deployment.killBroker();
  }

  /** Starts the broker again; the others find it by themselves. */
  public void restartBroker() throws Exception {
    deployment.restartBroker();
  }

  /** SIGKILL to the app connector. */
  public void killConnector() throws Exception {
    Deployment.killVirtualMachine(connector);
  }

  /** Starts the app connector again, enrolled as it is, and waits for its link. */
  public void restartConnector() throws Exception {
    connector = startConnector();
  }

  /** SIGKILL to the client connector. */
  public void killClient() throws Exception {
    Deployment.killVirtualMachine(client);
  }

  /** Starts the client connector again, signed in as it is, and waits for its link. */
  public void restartClient() throws Exception {
    client = startClient();
    awaitConnected();
  }

  /** What broker, app connector and client connector have said, each since its start. */
  public String output() {
    return String.join("\n", deployment.brokerOutput(), connector.output(), client.output());
  }

  /** What {@code postern status} says on the device. */
  public String status() throws Exception {
    List<String> status = PosternCommand.of("status");
    status.addAll(hands.places());
    RunningProgram asked = deployment.start(Room.USER, hands.asUser().apply(status));
    asked.awaitExit(Deployment.PATIENCE);
    return asked.output();
  }

  private RunningProgram startConnector() throws Exception {
    Path folder = deployment.work().resolve("connector");
    Path status = folder.resolve("status.json");
    Files.deleteIfExists(status); // of the one before
    List<String> command =
        PosternCommand.of(
            "connector",
            "run",
            "--data-dir",
            folder.toString(),
            "--broker",
            deployment.plan().brokerUrl(),
            "--ca",
            deployment.ca().toString(),
            "--name",
            "bench");
    if (!Files.exists(folder)) {
      command.addAll(
          List.of("--key-file", deployment.provisioningKey(Deployment.GROUP, 1).toString()));
    }
    RunningProgram started = deployment.start(Room.VPC_A, command);
    ObjectMapper json = new ObjectMapper();
    for (int i = 0; i < STATUS_CHECKS && started.isAlive(); i++) {
      if (Files.exists(status)
          && json.readTree(Files.readString(status)).path("carriers_parked").asInt() > 0) {
        return started;
      }
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
    throw new IOException("the app connector is not linked:\n" + started.output());
  }

  /** The user signs in with a browser, which comes back to the command's loopback address. */
  public void signIn(List<String> places) throws Exception {
    List<String> command =
        PosternCommand.of(
            "login", deployment.plan().brokerUrl(), "--no-browser", "--device-name", "bench");
    command.addAll(List.of("--ca", hands.readable(deployment.ca()).toString()));
    command.addAll(places);
    RunningProgram login = deployment.start(Room.USER, hands.asUser().apply(command));
    login.awaitOutput(
        "an address to open", text -> SIGN_IN.matcher(text).find(), Deployment.PATIENCE);
    Matcher address = SIGN_IN.matcher(login.output());
    if (address.find()) {
      deployment.browse(URI.create(address.group(1)));
    }
    int code = login.awaitExit(Deployment.PATIENCE);
    if (code != 0) {
      throw new IOException("postern login ended with " + code + ":\n" + login.output());
    }
  }

  /** The device reaches the tunnel door by another port of this machine. */
  private void goBy(int tunnelPort) throws IOException {
    Path file = deployment.work().resolve("client/broker.properties");
    Properties broker = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      broker.load(reader);
    }
    broker.setProperty("port", Integer.toString(tunnelPort));
    try (Writer writer = Files.newBufferedWriter(file)) {
      broker.store(writer, null);
    }
  }

  /** "Ready" means that programs may ask; the first answers need the link to the broker. */
  private void awaitConnected() throws Exception {
    for (int i = 0; i < LINK_CHECKS; i++) {
      if (status().contains(": connected")) {
        return;
      }
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
    throw new IOException("the client connector has no link:\n" + client.output());
  }
}
