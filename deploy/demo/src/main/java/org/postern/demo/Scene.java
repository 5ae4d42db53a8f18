package org.postern.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The whole cast, started side by side where nothing depends on another: broker, identity provider,
 * app connector, applications, client connector, and a signed-in user. Closing ends all of it.
 */
final class Scene implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Ground ground;
  private final Layout layout;
  private final Path work;
  private final Postern postern;
  private final Await await;
  private final Cast cast;
  private final Teller teller;
  private final int socksPort;
  private final SideBySide steps = new SideBySide();
  private String resolvConfBefore = "";

  /** Everything that runs; what is null does not (yet). */
  private static final class Cast {
    private @Nullable Program broker;
    private @Nullable Program connector;
    private @Nullable Program client;
    private @Nullable Program database;
    private @Nullable Program ssh;
    private @Nullable Agent user;
    private @Nullable Agent cloud;
    private @Nullable Agent vpc;
  }

  Scene(Ground ground, Path home, Path work, Await await, Teller teller) {
    this.ground = ground;
    this.layout = ground.layout();
    this.work = work;
    this.postern = new Postern(ground, home, work);
    this.await = await;
    this.teller = teller;
    this.cast = new Cast();
    this.socksPort = ground.apart() ? 0 : LoopbackGround.freePort();
  }

  /** Starts everything; afterwards the demo user reaches the applications. */
  void start() throws DemoException {
    Path layoutFile = work.resolve("layout.json");
    write(layoutFile, JSON.valueToTree(layout).toString());
    write(work.resolve("policy.yaml"), Policy.open(layout, !ground.apart()));
    write(work.resolve("policy-without-rule.yaml"), Policy.withoutRule(layout, !ground.apart()));
    resolvConfBefore = resolvConf();
    CompletableFuture<?> broker = steps.begin(this::startBroker);
    CompletableFuture<?> cloud =
        steps.begin(() -> cast.cloud = agent(Room.CLOUD, "identity-provider", layoutFile, 0));
    CompletableFuture<?> vpc =
        steps.begin(() -> cast.vpc = agent(Room.VPC, "applications", layoutFile, 0));
    CompletableFuture<?> user =
        steps.begin(() -> cast.user = agent(Room.USER, "browser", layoutFile, socksPort));
    CompletableFuture<?> ssh = steps.begin(() -> cast.ssh = SshServer.start(ground, work));
    SideBySide.join(broker);
    teller.tell("broker and its database are up");
    CompletableFuture<?> database = steps.begin(this::startDatabase);
    // Most of a sign-in's time is the start of its program: beside the policy, not after it.
    CompletableFuture<SigningIn> signingIn = new CompletableFuture<>();
    CompletableFuture<?> login = steps.begin(() -> signingIn.complete(startLogin()));
    SideBySide.join(cloud);
    apply("policy.yaml");
    teller.tell("policy applied (%s)".formatted(work.resolve("policy.yaml")));
    CompletableFuture<?> connector =
        steps.begin(() -> {
          SideBySide.join(vpc);
          startConnector();
          teller.tell("app connector enrolled and linked, from inside the VPC");
        });
    SideBySide.join(user);
    SideBySide.join(login);
    signIn(signingIn.join());
    teller.tell("demo user signed in through the identity provider's login page");
    startClient();
    SideBySide.join(connector);
    SideBySide.join(ssh);
    SideBySide.join(database);
    SideBySide.join(steps.begin(this::fillDatabase));
  }

  private Agent agent(Room room, String name, Path layoutFile, int socks) throws DemoException {
    return Agent.start(name, postern.agent(room, layoutFile, socks), work);
  }

  /** Also after its end: the same data directory, the same identity. */
  void startBroker() throws DemoException {
    Program broker =
        postern.start(
            "broker",
            Room.CLOUD,
            List.of(
                "broker",
                "--data-dir",
                work.resolve("broker").toString(),
                "--listen",
                layout.brokerAddress() + ":" + layout.brokerPort(),
                "--host",
                layout.brokerHost(),
                "--allow-private-issuer",
                layout.issuer()));
    cast.broker = broker;
    broker.awaitLine("that it is ready", PATIENCE, line -> line.contains("broker is ready"));
  }

  /** Puts a policy document of ours into force, with the product's own command. */
  void apply(String file) throws DemoException {
    postern.run(Room.CLOUD, admin("apply", "-f", work.resolve(file).toString()));
  }

  /** The command that an administrator types. */
  String[] admin(String command, String... rest) {
    List<String> words = new ArrayList<>(List.of("admin"));
    words.addAll(List.of(command.split(" ")));
    words.addAll(List.of(rest));
    words.addAll(
        List.of("--url", layout.brokerUrl(), "--data-dir", work.resolve("broker").toString()));
    return words.toArray(String[]::new);
  }

  /** Also after its end: it is enrolled then, and needs its key no more. */
  void startConnector() throws DemoException {
    Path key = work.resolve("vpc.key");
    if (!Files.exists(key)) {
      List<String> said =
          postern.run(
              Room.CLOUD, admin("provisioning-key create", "--group", Policy.CONNECTOR_GROUP));
      write(key, said.getFirst() + "\n");
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "connector",
                "run",
                "--data-dir",
                work.resolve("connector").toString(),
                "--broker",
                layout.brokerUrl(),
                "--ca",
                ca().toString(),
                "--key-file",
                key.toString(),
                "--name",
                "vpc-1"));
    if (!ground.apart()) {
      arguments.addAll(List.of("--resolver", layout.vpcDns().toString()));
    }
    deleteStatus();
    cast.connector = postern.start("connector", Room.VPC, arguments);
    await.untilTrue("the app connector is linked to the broker", PATIENCE, this::isConnectorLinked);
  }

  /** What a killed one said of itself. */
  private void deleteStatus() throws DemoException {
    try {
      Files.deleteIfExists(connectorStatus());
    } catch (IOException e) {
      throw new DemoException("cannot delete " + connectorStatus() + ": " + e.getMessage(), e);
    }
  }

  private Path connectorStatus() {
    return work.resolve("connector/status.json");
  }

  private boolean isConnectorLinked() throws IOException, DemoException {
    Program connector = cast.connector;
    if (connector == null || !connector.isAlive()) {
      throw new DemoException(
          "the app connector ended: " + (connector == null ? "" : connector.lastWords(8)));
    }
    Path status = connectorStatus();
    return Files.exists(status)
        && JSON.readTree(Files.readString(status)).path("linked").asBoolean();
  }

  /** A login that waits for its browser. */
  private record SigningIn(Program login, String address) {}

  private SigningIn startLogin() throws DemoException {
    CompletableFuture<String> address = new CompletableFuture<>();
    Program login =
        postern.start(
            "login",
            Room.USER,
            List.of(
                "login",
                layout.brokerUrl(),
                "--no-browser",
                "--ca",
                ca().toString(),
                "--device-name",
                "demo-laptop",
                "--state-dir",
                work.resolve("client").toString()),
            line -> {
              if (line.strip().startsWith("https://")) {
                address.complete(line.strip());
              }
            });
    login.awaitLine("which address to open", PATIENCE, line -> line.strip().startsWith("https://"));
    return new SigningIn(login, address.join());
  }

  private void signIn(SigningIn signingIn) throws DemoException {
    Program login = signingIn.login();
    user().call("signin", Map.of("url", signingIn.address(), "ca", ca().toString()), PATIENCE);
    int code = login.awaitExit(PATIENCE);
    if (code != 0) {
      throw new DemoException("postern login ended with " + code + ":\n" + login.lastWords(8));
    }
  }

  /** Also after its end. */
  void startClient() throws DemoException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "up",
                "--foreground",
                "--state-dir",
                work.resolve("client").toString(),
                "--run-dir",
                work.resolve("run").toString(),
                "--mode",
                ground.apart() ? "transparent" : "proxy"));
    if (!ground.apart()) {
      arguments.addAll(List.of("--proxy", "127.0.0.1:" + socksPort));
    }
    Program client = postern.start("client", Room.USER, arguments);
    cast.client = client;
    client.awaitLine("that it is ready", PATIENCE, "ready"::equals);
  }

  private void startDatabase() throws DemoException {
    cast.database =
        PrivateDatabase.start(
            ground, work, List.of(postern.programs(), work.resolve("broker/postgres")));
  }

  private void fillDatabase() throws DemoException {
    Map<String, Object> with =
        Map.of(
            "host",
            layout.orders().address(),
            "port",
            layout.orders().port(),
            "database",
            "postgres",
            "text",
            PrivateDatabase.CONTENT);
    await.untilTrue(
        "the private PostgreSQL answers",
        PATIENCE,
        () -> {
          vpc().call("sql", with, PATIENCE);
          return true;
        });
  }

  /** What the client connector says of itself. */
  JsonNode status() throws DemoException {
    Postern.Said said =
        postern.ask(Room.USER, "status", "--json", "--run-dir", work.resolve("run").toString());
    try {
      return JSON.readTree(said.text());
    } catch (JsonProcessingException e) {
      throw new DemoException("postern status said: " + said.text(), e);
    }
  }

  /** The user room's resolver configuration as programs there see it. */
  String resolvConf() throws DemoException {
    try {
      return Files.readString(ground.file(Room.USER, "/etc/resolv.conf"));
    } catch (IOException e) {
      throw new DemoException("cannot read the user's resolv.conf: " + e.getMessage(), e);
    }
  }

  /** Before anything of ours ran. */
  String resolvConfBefore() {
    return resolvConfBefore;
  }

  Ground ground() {
    return ground;
  }

  Layout layout() {
    return layout;
  }

  Path work() {
    return work;
  }

  Path ca() {
    return work.resolve("broker/ca.pem");
  }

  int socksPort() {
    return socksPort;
  }

  Postern postern() {
    return postern;
  }

  boolean hasSsh() {
    return cast.ssh != null;
  }

  Agent user() throws DemoException {
    return there(cast.user, "user");
  }

  Agent cloud() throws DemoException {
    return there(cast.cloud, "cloud");
  }

  Agent vpc() throws DemoException {
    return there(cast.vpc, "vpc");
  }

  Program broker() throws DemoException {
    return there(cast.broker, "broker");
  }

  Program connector() throws DemoException {
    return there(cast.connector, "connector");
  }

  Program client() throws DemoException {
    return there(cast.client, "client");
  }

  private static <T> T there(@Nullable T part, String name) throws DemoException {
    if (part == null) {
      throw new DemoException(name + " does not run");
    }
    return part;
  }

  /** The device first, so that it puts name resolution back, and the rest side by side. */
  @Override
  public void close() {
    if (cast.client != null) {
      cast.client.close();
    }
    List<CompletableFuture<?>> ends = new ArrayList<>();
    for (AutoCloseable each :
        new @Nullable AutoCloseable[] {
          cast.connector, cast.broker, cast.database, cast.ssh, cast.user, cast.cloud, cast.vpc
        }) {
      if (each != null) {
        ends.add(steps.begin(() -> closeOne(each)));
      }
    }
    ends.forEach(CompletableFuture::join);
    steps.close();
  }

  private static void closeOne(AutoCloseable each) {
    try {
      each.close();
    } catch (Exception e) {
      System.err.println("could not end everything: " + e.getMessage());
    }
  }

  private static void write(Path file, String text) throws DemoException {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new DemoException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
