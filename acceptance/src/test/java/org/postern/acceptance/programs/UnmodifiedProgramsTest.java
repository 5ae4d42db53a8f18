package org.postern.acceptance.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.bench.subject.Cast;
import org.postern.acceptance.bench.subject.PosternCommand;
import org.postern.acceptance.ground.NetworkNamespaces;
import org.postern.acceptance.ground.Room;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.acceptance.house.House;

/**
 * An ordinary user signs in, says {@code sudo postern up}, and uses programs that know nothing of
 * Postern against servers in a private network.
 */
@ExtendWith(WithTransparentMode.class)
final class UnmodifiedProgramsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEB = "web.bench.internal";
  private static final String SHELL = "shell.bench.internal";
  private static final String SQL = "sql.bench.internal";
  private static final String LOAD = "load.bench.internal";
  private static final String PRINTER = "printer.bench.internal";
  private static final int PRINTER_PORT = 9_100;
  private static final int PROXY_PORT = 1_055;
  private static final String FORBIDDEN = "payroll.bench.internal";
  private static final String NONSENSE = "qayrell.bench.internal";

  private static BenchRun run;
  private static NetworkNamespaces networks;
  private static RunningProgram resolver;
  private static PrivateServers servers;
  private static Person person;
  private static Cast cast;

  @BeforeAll
  static void start() throws Exception {
    RequiredPrograms.check();
    Path checkout = House.find().root();
    System.setProperty("postern.home", checkout.toString());
    run = new BenchRun(true);
    networks = run.own(NetworkNamespaces.create());
    Path work = run.folder("postern-rooms");
    person = Person.moveIn(networks, checkout, work);
    resolver = networks.start(Room.USER, java(PreviousResolver.class));
    for (String name : List.of(SHELL, SQL, LOAD, FORBIDDEN)) {
      networks.name(Room.VPC_A, Room.APPLICATION_ADDRESS, name);
    }
    resolver.awaitOutput("resolver is ready", PATIENCE);
    networks.name(Room.USER, "127.0.0.1", PRINTER);
    cast = Cast.inRooms(run, networks, WEB, person.hands(), "127.0.0.1:" + PROXY_PORT);
    cast.apply(applications(), rules());
    servers = new PrivateServers(networks, run.folder("private"));
    servers.start(PrivateServers.postgresPrograms(work.resolve("broker")));
    awaitNames();
  }

  private static void awaitNames() {
    await().atMost(PATIENCE).until(() -> person.run("dig", "+short", LOAD).startsWith("100.64."));
  }

  @AfterAll
  static void end() {
    if (run != null) {
      run.close();
    }
  }

  private static String applications() {
    return String.join(
        "\n",
        application("web", WEB, PrivateServers.WEB_PORT),
        application("shell", SHELL, PrivateServers.SSH_PORT),
        application("sql", SQL, PrivateServers.SQL_PORT),
        application("load", LOAD, PrivateServers.LOAD_PORT),
        application("payroll", FORBIDDEN, PrivateServers.WEB_PORT),
        "  - {name: printer, hosts: [%s], tcp: [%d], connectorGroups: [bench], bypass: always}"
            .formatted(PRINTER, PRINTER_PORT));
  }

  private static String application(String name, String host, int port) {
    return "  - {name: %s, hosts: [%s], tcp: [%d], connectorGroups: [bench]}"
        .formatted(name, host, port);
  }

  private static String rules() {
    return "  - {name: staff, action: allow, applications: [web, shell, sql, load], groups:"
        + " [staff]}";
  }

  private static List<String> java(Class<?> program) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return List.of(
        System.getProperty("java.home") + "/bin/java",
        "-XX:+UseSerialGC",
        "-Xmx32m",
        "-cp",
        classPath,
        program.getName());
  }

  private static String page(int port) {
    return "http://%s:%d/page".formatted(WEB, port);
  }

  private static String sha256(String output) {
    return output.split(" ", 2)[0];
  }

  @Test
  void curlGetsTheBytesThatAreInsideTheVpc() throws Exception {
    String inside = "/run/page-inside";
    networks.name(Room.VPC_A, Room.APPLICATION_ADDRESS, WEB);
    networks.run(Room.VPC_A, "curl", "-sSf", "-o", inside, page(PrivateServers.WEB_PORT));
    String outside = person.home() + "/page-outside";
    person.run("curl", "-sSf", "-o", outside, page(PrivateServers.WEB_PORT));
    networks.run(Room.USER, "cmp", inside, outside);
    networks.run(Room.USER, "cmp", outside, servers.page().toString());
  }

  @Test
  void aWrongPortIsRefused() throws Exception {
    Person.Ended ended =
        person.end(
            Person.UID,
            List.of("curl", "-sS", "--max-time", "10", page(PrivateServers.WEB_PORT + 1)));
    assertThat(ended.code()).as(ended.output()).isEqualTo(7);
  }

  @Test
  void sshLogsInAndScpCopiesBothWays() throws Exception {
    String key = person.give(servers.userKey());
    String login = System.getProperty("user.name") + "@" + SHELL;
    List<String> options =
        List.of(
            "-F",
            "/dev/null",
            "-i",
            key,
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null");
    List<String> ssh = new ArrayList<>(List.of("ssh", "-p", "" + PrivateServers.SSH_PORT));
    ssh.addAll(options);
    ssh.addAll(List.of(login, "echo at $SSH_CONNECTION"));
    assertThat(person.run(ssh.toArray(String[]::new)))
        .contains(Room.APPLICATION_ADDRESS + " " + PrivateServers.SSH_PORT);

    String wanted = sha256(networks.run(Room.USER, "sha256sum", servers.page().toString()));
    String fetched = person.home() + "/fetched";
    scp(options, login + ":" + servers.page(), fetched);
    assertThat(sha256(person.run("sha256sum", fetched))).isEqualTo(wanted);
    String sent = servers.page().resolveSibling("sent").toString();
    scp(options, fetched, login + ":" + sent);
    assertThat(sha256(networks.run(Room.VPC_A, "sha256sum", sent))).isEqualTo(wanted);
  }

  private static void scp(List<String> options, String from, String to) throws Exception {
    List<String> scp = new ArrayList<>(List.of("scp", "-q", "-P", "" + PrivateServers.SSH_PORT));
    scp.addAll(options);
    scp.addAll(List.of(from, to));
    person.run(scp.toArray(String[]::new));
  }

  @Test
  void psqlGetsItsRows() throws Exception {
    String answer =
        person.run(
            "psql",
            "-X",
            "-h",
            SQL,
            "-U",
            "bench",
            "-Atc",
            "select count(*), sum(length(repeat('x', n))) from generate_series(1, 2000) n",
            "postgres");
    assertThat(answer.strip()).isEqualTo("2000|2001000");
  }

  @Test
  void iperf3MovesBytesBothWaysInParallel() throws Exception {
    for (List<String> way : List.of(List.<String>of(), List.of("-R"))) {
      List<String> command =
          new ArrayList<>(List.of("iperf3", "-c", LOAD, "-n", "40M", "-P", "4", "-J"));
      command.addAll(way);
      JsonNode end = JSON.readTree(person.run(command.toArray(String[]::new))).path("end");
      assertThat(end.path("sum_sent").path("bytes").asLong()).isGreaterThan(40_000_000);
      // What was on its way when the sender had enough is not counted.
      assertThat(end.path("sum_received").path("bytes").asLong()).isGreaterThan(10_000_000);
      assertThat(end.path("streams").size()).isEqualTo(4);
    }
  }

  @Test
  void digFindsAPermittedNameInTheSyntheticRange() throws Exception {
    assertThat(person.run("dig", "+short", WEB)).matches("100\\.64\\.\\d+\\.\\d+\\n");
    assertThat(person.run("dig", "+short", "+tcp", WEB)).matches("100\\.64\\.\\d+\\.\\d+\\n");
  }

  @Test
  void programsReachTheApplicationOverIpv6AsOverIpv4() throws Exception {
    String twin = person.run("dig", "+short", WEB, "AAAA").strip();
    assertThat(twin).matches("fd[0-9a-f]{2}:.*::6440:[0-9a-f]+");
    assertThat(person.run("dig", "+short", "-x", twin)).isEqualTo(WEB + ".\n");
    for (String version : List.of("-4", "-6")) {
      String page = person.home() + "/page" + version;
      person.run("curl", "-sSf", version, "-o", page, page(PrivateServers.WEB_PORT));
      networks.run(Room.USER, "cmp", page, servers.page().toString());
    }
    Person.Ended wrongPort =
        person.end(Person.UID, List.of("curl", "-sS6", page(PrivateServers.WEB_PORT + 1)));
    assertThat(wrongPort.code()).as(wrongPort.output()).isEqualTo(7);
  }

  @Test
  void aForbiddenAndANonsenseNameHaveTheSameAnswer() throws Exception {
    for (String type : List.of("A", "AAAA", "HTTPS")) {
      String forbidden = whole(FORBIDDEN, type);
      assertThat(forbidden).contains("NXDOMAIN");
      assertThat(forbidden.replace(FORBIDDEN, NONSENSE)).isEqualTo(whole(NONSENSE, type));
    }
  }

  /** All of the answer, its size included, without what differs between any two questions. */
  private static String whole(String name, String type) throws Exception {
    String said = person.run("dig", "+qid=4711", "+nocookie", "+nocmd", name, type);
    return String.join(
        "\n",
        Arrays.stream(said.split("\n")).filter(l -> !l.matches(";; (Query|WHEN).*")).toList());
  }

  @Test
  void anOutsideNameReachesThePreviousResolverUntouched() throws Exception {
    String[] question = {"dig", "+qid=99", "+nocookie", "+short", "www.example.org"};
    assertThat(person.run(question).strip()).isEqualTo(PreviousResolver.ANSWER);
    List<String> direct = new ArrayList<>(List.of(question));
    direct.add(1, "@127.0.0.1");
    assertThat(person.run(direct.toArray(String[]::new)).strip())
        .isEqualTo(PreviousResolver.ANSWER);
    // What the resolver prints comes through a pipe, and who is not answered at once asks again.
    List<String> heard =
        await().atMost(PATIENCE).until(() -> questionsAboutTheExample(), all -> all.size() >= 2);
    // The client connector asks under a number of its own, so that nobody else can guess it.
    assertThat(heard)
        .extracting(each -> afterNumber(each))
        .containsOnly(afterNumber(heard.getLast()));
  }

  private static List<String> questionsAboutTheExample() {
    return resolver.output().lines().filter(line -> line.contains("07657861")).toList();
  }

  private static String afterNumber(String question) {
    return question.substring("question 0000".length());
  }

  @Test
  void theUserOfSudoOwnsTheIdentityAndMayAsk() throws Exception {
    List<String> status = PosternCommand.of("status", "--json");
    if (!person.isOrdinary()) {
      status.addAll(person.hands().places());
      Person.Ended own = person.end(Person.UID, status);
      assertThat(own.code()).as(own.output()).isZero();
      return;
    }
    Person.Ended alice = person.end(Person.UID, status);
    assertThat(alice.code()).as(alice.output()).isZero();
    assertThat(JSON.readTree(alice.output()).at("/tunnel/linked").asBoolean()).isTrue();
    Person.Ended bob = person.end(Person.OTHER_UID, status);
    assertThat(bob.code()).as(bob.output()).isEqualTo(4);
    assertThat(bob.output()).contains("runs for another user");

    String identity = person.home() + "/.local/state/postern/identity/identity.pem";
    assertThat(networks.run(Room.USER, "stat", "-c", "%u %a", identity)).isEqualTo("4711 600\n");
    assertThat(networks.run(Room.USER, "find", person.home(), "!", "-uid", "4711")).isEmpty();
    assertThat(networks.run(Room.USER, "stat", "-c", "%u %a", "/run/postern/client.sock"))
        .isEqualTo("4711 600\n");
    assertThat(networks.run(Room.USER, "stat", "-c", "%u %a", "/run/postern", "/run/postern/undo"))
        .isEqualTo("0 711\n0 700\n");
  }

  @Test
  void anotherDeviceWithoutRootRunsInTheBackgroundUntilItIsToldToEnd() throws Exception {
    String state = person.home() + "/second";
    List<String> places = List.of("--state-dir", state, "--run-dir", state + "/run");
    cast.signIn(places);
    Person.Ended up = postern(places, "up", "--mode", "proxy", "--proxy", "127.0.0.1:1066");
    assertThat(up.code()).as(up.output()).isZero();
    assertThat(up.output()).contains("Running.");

    String page = person.home() + "/page-by-proxy";
    String proxy = "socks5h://127.0.0.1:1066";
    person.run("curl", "-sSf", "-x", proxy, "-o", page, page(PrivateServers.WEB_PORT));
    networks.run(Room.USER, "cmp", page, servers.page().toString());
    Person.Ended status = postern(places, "status", "--json");
    assertThat(status.code()).as(status.output()).isZero();
    JsonNode told = JSON.readTree(status.output());
    assertThat(told.at("/tunnel/linked").asBoolean()).isTrue();
    assertThat(told.at("/proxy").asText()).isEqualTo("127.0.0.1:1066");
    Person.Ended refused = postern(places, "connect", FORBIDDEN + ":" + PrivateServers.WEB_PORT);
    assertThat(refused.code()).as(refused.output()).isEqualTo(3);

    assertThat(postern(places, "down").code()).isZero();
    assertThat(postern(places, "status").code()).isEqualTo(4);
    Person.Ended out = postern(places, "logout", "--no-browser");
    assertThat(out.code()).as(out.output()).isZero();
    assertThat(out.output()).contains("Signed out.");
    assertThat(postern(places, "logout", "--no-browser").output()).contains("no session");
  }

  @Test
  void killedClientConnectorResetsWhatProgramsHoldAndLeavesNamesAsTheyWere() throws Exception {
    List<String> holding = new ArrayList<>(java(HeldConnections.class));
    holding.addAll(List.of("" + PROXY_PORT, PRINTER, "" + PRINTER_PORT));
    holding.addAll(List.of(SHELL, "" + PrivateServers.SSH_PORT));
    try (RunningProgram program = networks.start(Room.USER, holding)) {
      program.awaitOutput("connections are held", PATIENCE);
      assertThat(networks.run(Room.USER, "cat", "/etc/resolv.conf")).contains("100.64.0.2");
      cast.killClient();
      assertThat(program.awaitExit(PATIENCE)).as(program.output()).isZero();
      // Neither program nor printer may take what they have heard for all there was.
      assertThat(program.output().lines().skip(1))
          .containsExactlyInAnyOrder(
              "bypassed: Connection reset",
              "printer: Connection reset",
              "tunnelled: Connection reset");
      await().atMost(PATIENCE).untilAsserted(() -> assertNamesAreAsBefore());
    } finally {
      cast.restartClient();
      awaitNames();
    }
  }

  private static void assertNamesAreAsBefore() throws Exception {
    assertThat(networks.run(Room.USER, "cat", "/etc/resolv.conf"))
        .isEqualTo("nameserver 127.0.0.1\n");
    assertThat(networks.run(Room.USER, "nft", "list", "tables")).doesNotContain("postern0");
    assertThat(person.run("dig", "+short", LOAD).strip()).isEqualTo(PreviousResolver.ANSWER);
  }

  private static Person.Ended postern(List<String> places, String... words) throws Exception {
    List<String> command = PosternCommand.of(words);
    command.addAll(places);
    return person.end(Person.UID, command);
  }
}
