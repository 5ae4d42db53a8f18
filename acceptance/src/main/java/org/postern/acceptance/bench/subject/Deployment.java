package org.postern.acceptance.bench.subject;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.ground.DelayLink;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;

/**
 * A broker with its database, an identity provider, and a policy that lets one user reach one
 * application; each a process started by the launcher as a person would. Ends with the run or the
 * networks.
 */
final class Deployment {
  static final String EMAIL = "bench@example.com";
  static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The connector group that serves the application. */
  static final String GROUP = "bench";

  /** A connector group that serves nothing. */
  static final String OTHER_GROUP = "bystanders";

  private static final Pattern KEY = Pattern.compile("(?m)^postern_pk_\\S+$");

  /** Where a command is started. */
  interface Stage {
    RunningProgram start(Room room, List<String> command) throws IOException;
  }

  /**
   * Who listens where.
   *
   * @param brokerAddress address in the cloud, also of the identity provider
   * @param application one item of {@code hosts} in the policy
   * @param brokerFlags of the broker's JVM, or empty
   */
  record Plan(
      String brokerAddress,
      int brokerPort,
      int providerPort,
      String application,
      String brokerFlags) {
    /** On free ports of loopback, in front of an application there. */
    static Plan onLoopback(String brokerFlags) throws IOException {
      return new Plan(
          "127.0.0.1", BenchRun.freePort(), BenchRun.freePort(), "127.0.0.1", brokerFlags);
    }

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
  private RunningProgram broker;

  private Deployment(Stage stage, Plan plan, Path work) throws Exception {
    this.stage = stage;
    this.plan = plan;
    this.work = work;
    stage
        .start(
            Room.CLOUD,
            java("provider", plan.brokerAddress(), Integer.toString(plan.providerPort())))
        .awaitOutput("provider is ready", PATIENCE);
    this.broker = startBroker();
    apply(
        "  - {name: load, hosts: [\"%s\"], tcp: [1-65535], connectorGroups: [%s], allowLoopback: true}"
            .formatted(plan.application(), GROUP),
        "  - {name: staff-to-load, action: allow, applications: [load], groups: [staff]}");
  }

  /** Applies a policy with these applications and rules, as items of YAML lists. */
  void apply(String applications, String rules) throws Exception {
    Path policy = work.resolve("policy.yaml");
    Files.writeString(policy, policy(applications, rules));
    toItsEnd(Room.CLOUD, admin("apply", "-f", policy.toString()));
  }

  /** Starts it; returns when the policy holds. */
  static Deployment start(Stage stage, Plan plan, Path work) throws Exception {
    return new Deployment(stage, plan, work);
  }

  Plan plan() {
    return plan;
  }

  Path work() {
    return work;
  }

  /** PEM file with the deployment's roots. */
  Path ca() {
    return work.resolve("broker/ca.pem");
  }

  /** The JVM of the broker, without its database. */
  Collection<Long> brokerPids() {
    return virtualMachines(broker);
  }

  /** What the broker has said since its start. */
  String brokerOutput() {
    return broker.output();
  }

  /** SIGKILL to the broker's JVM alone: its database goes on, as it would. */
  void killBroker() throws Exception {
    killVirtualMachine(broker);
  }

  /** Starts the broker again, on what the one before has left. */
  void restartBroker() throws Exception {
    broker = startBroker();
  }

  static void killVirtualMachine(RunningProgram program) throws Exception {
    virtualMachines(program)
        .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    program.awaitExit(PATIENCE);
  }

  static Collection<Long> virtualMachines(RunningProgram program) {
    return program.pids().stream()
        .filter(pid ->
            ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().command())
                .filter(command -> command.endsWith("/java"))
                .isPresent())
        .toList();
  }

  /** A file with a provisioning key for so many connectors of a group. */
  Path provisioningKey(String group, int uses) throws Exception {
    String printed =
        toItsEnd(
            Room.CLOUD,
            admin(
                "provisioning-key", "create", "--group", group, "--uses", Integer.toString(uses)));
    Matcher key = KEY.matcher(printed);
    if (!key.find()) {
      throw new IOException("the broker gave no provisioning key");
    }
    Path file = work.resolve("key-" + group);
    Files.writeString(file, key.group() + "\n");
    return file;
  }

  /** A listener on loopback whose bytes take so long to the broker, and from it. */
  DelayLink cable(Duration delayEachWay) throws InterruptedException {
    return DelayLink.open(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        new InetSocketAddress(plan.brokerAddress(), plan.brokerPort()),
        delayEachWay);
  }

  /** Somebody at a browser in that room opens the address and signs in. */
  void browse(URI address) throws Exception {
    RunningProgram browser =
        stage.start(Room.USER, java("browse", address.toString(), ca().toString(), EMAIL));
    browser.awaitOutput("signed in", PATIENCE);
  }

  RunningProgram start(Room room, List<String> command) throws IOException {
    return stage.start(room, command);
  }

  private RunningProgram startBroker() throws Exception {
    List<String> command =
        PosternCommand.of(
            "broker",
            "--data-dir",
            work.resolve("broker").toString(),
            "--listen",
            plan.brokerAddress() + ":" + plan.brokerPort(),
            "--host",
            plan.brokerAddress(),
            "--allow-private-issuer",
            plan.issuer());
    command.add(1, "POSTERN_JAVA_OPTIONS=" + plan.brokerFlags());
    return stage.start(Room.CLOUD, command).awaitOutput("broker is ready", PATIENCE);
  }

  private String policy(String applications, String rules) {
    return """
    version: 1
    domains: [bench.internal]
    connectorGroups: [{name: %s}, {name: %s}]
    applications:
    %s
    groups:
      - {name: staff, members: [%s]}
    rules:
    %s
    identityProviders:
      - {name: login, issuer: "%s", clientId: postern, clientSecret: bench, allowPlainHttp: true}
    """
        .formatted(GROUP, OTHER_GROUP, applications, EMAIL, rules, plan.issuer());
  }

  private List<String> admin(String... words) {
    List<String> command = PosternCommand.of("admin");
    command.addAll(Arrays.asList(words));
    command.addAll(
        List.of("--url", plan.brokerUrl(), "--data-dir", work.resolve("broker").toString()));
    return command;
  }

  /** Runs to its end, which must be a good one. */
  private String toItsEnd(Room room, List<String> command) throws Exception {
    RunningProgram program = stage.start(room, command);
    int code = program.awaitExit(PATIENCE);
    if (code != 0) {
      throw new IOException(
          String.join(" ", command) + " ended with " + code + ":\n" + program.output());
    }
    return program.output();
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
