package org.postern.acceptance.bench.subject;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * Broker, app connector and client connector with a signed-in user who may reach one application,
 * each a process started by the launcher as a person would. Everything ends with the run or the
 * networks.
 */
final class Cast {
  static final String EMAIL = "bench@example.com";

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int STATUS_CHECKS = 900;
  private static final int LINK_CHECKS = 50;
  private static final Pattern KEY = Pattern.compile("(?m)^postern_pk_\\S+$");
  private static final Pattern SIGN_IN = Pattern.compile("(?m)^\\s*(https://\\S+)\\s*$");

  /** Where a command is started. */
  interface Stage {
    RunningProgram start(Room room, List<String> command) throws IOException;
  }

  /**
   * Who listens where.
   *
   * @param brokerAddress address in the cloud, also of the identity provider
   * @param application one item of {@code hosts} in the policy
   * @param clientOptions further options of {@code postern up}
   */
  record Plan(
      String brokerAddress,
      int brokerPort,
      int providerPort,
      String application,
      List<String> clientOptions) {
    String brokerUrl() {
      return "https://" + brokerAddress + ":" + brokerPort;
    }

    String issuer() {
      return "http://" + brokerAddress + ":" + providerPort + "/bench";
    }
  }

  private final Stage stage;
  private final Plan plan;
  private final Path work;
  private final RunningProgram broker;
  private final RunningProgram connector;
  private final RunningProgram client;

  private Cast(Stage stage, Plan plan, Path work) throws Exception {
    this.stage = stage;
    this.plan = plan;
    this.work = work;
    stage
        .start(
            Room.CLOUD,
            java("provider", plan.brokerAddress(), Integer.toString(plan.providerPort())))
        .awaitOutput("provider is ready", PATIENCE);
    this.broker = startBroker();
    Path policy = work.resolve("policy.yaml");
    Files.writeString(policy, policy());
    command(Room.CLOUD, admin("apply", "-f", policy.toString()));
    this.connector = startConnector();
    signIn();
    List<String> up = postern("up", "--foreground", "--run-dir", work.resolve("run").toString());
    up.addAll(List.of("--state-dir", work.resolve("client").toString()));
    up.addAll(plan.clientOptions());
    this.client = stage.start(Room.USER, up).awaitOutput("ready", PATIENCE);
    awaitConnected();
  }

  /** On loopback; the client connector is a SOCKS5 proxy at the port. */
  static Cast onLoopback(BenchRun run, String folder, int socksPort) throws Exception {
    Plan plan =
        new Plan(
            "127.0.0.1",
            BenchRun.freePort(),
            BenchRun.freePort(),
            "127.0.0.1",
            List.of("--mode", "proxy", "--proxy", "127.0.0.1:" + socksPort));
    return new Cast((room, command) -> run.start(command), plan, run.folder(folder));
  }

  /** In the rooms; the client connector is transparent, the application is in VPC_A. */
  static Cast inRooms(BenchRun run, NetworkNamespaces networks, String application)
      throws Exception {
    networks.name(Room.VPC_A, Room.APPLICATION_ADDRESS, application);
    Plan plan =
        new Plan(
            Room.CLOUD.address(),
            443,
            8080,
            application,
            List.of("--mode", "transparent", "--proxy", "off"));
    return new Cast(networks::start, plan, run.folder("postern-rooms"));
  }

  /** The JVM of the broker, without its database. */
  Collection<Long> brokerPids() {
    return virtualMachines(broker);
  }

  /** The JVM of the client connector. */
  Collection<Long> clientPids() {
    return virtualMachines(client);
  }

  /** The JVM of the app connector. */
  Collection<Long> connectorPids() {
    return virtualMachines(connector);
  }

  private static Collection<Long> virtualMachines(RunningProgram program) {
    return program.pids().stream()
        .filter(pid ->
            ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().command())
                .filter(command -> command.endsWith("/java"))
                .isPresent())
        .toList();
  }

  private RunningProgram startBroker() throws Exception {
    List<String> command =
        postern(
            "broker",
            "--data-dir",
            work.resolve("broker").toString(),
            "--listen",
            plan.brokerAddress() + ":" + plan.brokerPort(),
            "--host",
            plan.brokerAddress(),
            "--allow-private-issuer",
            plan.issuer());
    return stage.start(Room.CLOUD, command).awaitOutput("broker is ready", PATIENCE);
  }

  private RunningProgram startConnector() throws Exception {
    Matcher key =
        KEY.matcher(command(Room.CLOUD, admin("provisioning-key", "create", "--group", "bench")));
    if (!key.find()) {
      throw new IOException("the broker gave no provisioning key");
    }
    Path keyFile = work.resolve("key");
    Files.writeString(keyFile, key.group() + "\n");
    Path folder = work.resolve("connector");
    RunningProgram started =
        stage.start(
            Room.VPC_A,
            postern(
                "connector",
                "run",
                "--data-dir",
                folder.toString(),
                "--broker",
                plan.brokerUrl(),
                "--ca",
                ca(),
                "--key-file",
                keyFile.toString(),
                "--name",
                "bench"));
    Path status = folder.resolve("status.json");
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

  private void signIn() throws Exception {
    RunningProgram login =
        stage.start(
            Room.USER,
            postern(
                "login",
                plan.brokerUrl(),
                "--no-browser",
                "--ca",
                ca(),
                "--device-name",
                "bench",
                "--state-dir",
                work.resolve("client").toString(),
                "--run-dir",
                work.resolve("run").toString()));
    login.awaitOutput("an address to open", text -> SIGN_IN.matcher(text).find(), PATIENCE);
    Matcher address = SIGN_IN.matcher(login.output());
    if (address.find()) {
      RunningProgram browser =
          stage.start(Room.USER, java("browse", address.group(1), ca(), EMAIL));
      browser.awaitOutput("signed in", PATIENCE);
    }
    int code = login.awaitExit(PATIENCE);
    if (code != 0) {
      throw new IOException("postern login ended with " + code + ":\n" + login.output());
    }
  }

  /** "Ready" means that programs may ask; the first answers need the link to the broker. */
  private void awaitConnected() throws Exception {
    List<String> status = postern("status", "--run-dir", work.resolve("run").toString());
    for (int i = 0; i < LINK_CHECKS; i++) {
      RunningProgram asked = stage.start(Room.USER, status);
      asked.awaitExit(PATIENCE);
      if (asked.output().contains(": connected")) {
        return;
      }
      LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
    }
    throw new IOException("the client connector has no link:\n" + client.output());
  }

  private String ca() {
    return work.resolve("broker/ca.pem").toString();
  }

  private String policy() {
    return """
    version: 1
    domains: [bench.internal]
    connectorGroups: [{name: bench}]
    applications:
      - {name: load, hosts: ["%s"], tcp: [1-65535], connectorGroups: [bench], allowLoopback: true}
    groups:
      - {name: staff, members: [%s]}
    rules:
      - {name: staff-to-load, action: allow, applications: [load], groups: [staff]}
    identityProviders:
      - {name: login, issuer: "%s", clientId: postern, clientSecret: bench, allowPlainHttp: true}
    """
        .formatted(plan.application(), EMAIL, plan.issuer());
  }

  private List<String> admin(String... words) {
    List<String> command = postern("admin");
    command.addAll(Arrays.asList(words));
    command.addAll(
        List.of("--url", plan.brokerUrl(), "--data-dir", work.resolve("broker").toString()));
    return command;
  }

  /** Runs to its end, which must be a good one. */
  private String command(Room room, List<String> command) throws Exception {
    RunningProgram program = stage.start(room, command);
    int code = program.awaitExit(PATIENCE);
    if (code != 0) {
      throw new IOException(
          String.join(" ", command) + " ended with " + code + ":\n" + program.output());
    }
    return program.output();
  }

  private static List<String> postern(String... words) {
    String home = System.getProperty("postern.home");
    if (home == null) {
      throw new IllegalStateException("postern.home is not set; start this with ./bench");
    }
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of("env", "POSTERN_NO_BUILD=1", "JAVA_HOME=" + System.getProperty("java.home")));
    command.add(Path.of(home, "postern").toString());
    command.addAll(Arrays.asList(words));
    return command;
  }

  private static List<String> java(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "-Dlogback.configurationFile=logback-bench.xml",
                "-cp",
                System.getProperty("java.class.path"),
                SignInMain.class.getName()));
    command.addAll(Arrays.asList(words));
    return command;
  }
}
