package org.postern.acceptance.bench.subject;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.acceptance.bench.BenchRun;
import org.postern.acceptance.ground.RunningProgram;
import org.postern.identity.CertificateAuthority;
import org.postern.identity.SealingKey;
import org.postern.identity.SpiffeId;
import org.postern.identity.TrustDomain;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.ClientSecret;
import org.postern.policystore.ConnectorGroup;
import org.postern.policystore.ConnectorRecord;
import org.postern.policystore.DeviceRecord;
import org.postern.policystore.HostPattern;
import org.postern.policystore.IdentityProvider;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.SessionRecord;
import org.postern.policystore.UserRecord;
import org.postern.policystore.decision.IdentityState;
import org.postern.policystore.decision.Snapshot;
import org.postern.tunnel.link.DialerConfig;
import org.postern.tunnel.link.EpollLoops;

/**
 * {@link Rooms} as a program of its own, {@code FOLDER}: its CA is put there for the peers, its
 * policy knows thousands of them.
 */
public final class RoomsMain {
  static final String HOST = "load.bench.internal";

  private static final TrustDomain DOMAIN = new TrustDomain("bench.example");
  private static final int CONNECTORS = 6_000;
  private static final int DEVICES = 100;
  private static final Pattern PORT = Pattern.compile("rooms are ready at (\\d+)");

  private RoomsMain() {}

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    CertificateAuthority authority = CertificateAuthority.create(DOMAIN, InstantSource.system());
    Files.write(
        folder.resolve("ca"), authority.seal(SealingKey.loadOrCreate(folder.resolve("key"))));
    Rooms rooms = new Rooms(authority, Snapshot.build(1, policy(), people()));
    System.out.println("rooms are ready at " + rooms.address().port());
    new CountDownLatch(1).await();
  }

  private static PolicyConfiguration policy() {
    return new PolicyConfiguration(
        List.of("bench.internal"),
        List.of(new ConnectorGroup(Deployment.GROUP), new ConnectorGroup(Deployment.OTHER_GROUP)),
        List.of(
            new Application(
                "load",
                List.of(new HostPattern.ExactName(HOST)),
                List.of(new PortRange(443, 443)),
                List.of(),
                List.of(Deployment.GROUP),
                Obligations.NONE)),
        List.of(),
        List.of(
            new AccessRule(
                "everybody",
                AccessRule.Action.ALLOW,
                List.of("load"),
                new RuleMatch.Subjects(true, List.of(), List.of()))),
        List.of(
            new IdentityProvider(
                "login",
                "https://login.example.com",
                "postern",
                new ClientSecret.None(),
                IdentityProvider.GROUPS_CLAIM_DEFAULT,
                List.of("example.com"),
                false)));
  }

  private static IdentityState people() {
    Map<String, DeviceRecord> devices = new TreeMap<>();
    Map<String, SessionRecord> sessions = new TreeMap<>();
    for (int i = 0; i < DEVICES; i++) {
      String id = "d-" + i;
      devices.put(
          id, new DeviceRecord(id, "u-1", "laptop", "linux", "", DeviceRecord.State.REGISTERED));
      sessions.put(
          id,
          new SessionRecord(
              "s-" + i,
              "u-1",
              id,
              "login",
              Instant.EPOCH,
              Instant.parse("2100-01-01T00:00:00Z"),
              false));
    }
    Map<String, ConnectorRecord> connectors = new TreeMap<>();
    for (int i = 0; i < CONNECTORS; i++) {
      String id = "c-" + i;
      connectors.put(
          id, new ConnectorRecord(id, groupOf(i), "", "", ConnectorRecord.State.ENROLLED));
    }
    UserRecord user =
        new UserRecord("u-1", "login", "s", Deployment.EMAIL, "Bench", false, List.of());
    return new IdentityState(Map.of("u-1", user), devices, sessions, connectors);
  }

  private static String groupOf(int connector) {
    return connector == 0 ? Deployment.GROUP : Deployment.OTHER_GROUP;
  }

  /** The program, seen from here: makes the peers that its policy knows. */
  static final class Running {
    private final RunningProgram program;
    private final CertificateAuthority authority;
    private final DialerConfig.Target address;
    private final MultiThreadIoEventLoopGroup loops;
    private int connectors;
    private int devices;

    private Running(
        RunningProgram program, CertificateAuthority authority, MultiThreadIoEventLoopGroup loops) {
      this.program = program;
      this.authority = authority;
      this.loops = loops;
      Matcher port = PORT.matcher(program.output());
      this.address =
          new DialerConfig.Target("127.0.0.1", port.find() ? Integer.parseInt(port.group(1)) : 0);
    }

    /** The one connector of the group that serves something. */
    RawPeer servingConnector() {
      return connector(0);
    }

    /** A connector that serves nothing, another one every time. */
    RawPeer newConnector() {
      return connector(++connectors);
    }

    private RawPeer connector(int number) {
      return peer(new SpiffeId.ConnectorId(DOMAIN, groupOf(number), "c-" + number));
    }

    /** Another one every time. */
    RawPeer newDevice() {
      return peer(new SpiffeId.ClientId(DOMAIN, "u-1", "d-" + devices++));
    }

    private RawPeer peer(SpiffeId id) {
      return new RawPeer(
          loops.next(), authority.issueOwn(id, Duration.ofHours(1)), authority.trust(), address);
    }

    Collection<Long> pids() {
      return Deployment.virtualMachines(program);
    }
  }

  /** Starts the program; it ends with the run. */
  static Running start(BenchRun run, Path folder, String flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.addAll(Arrays.asList(flags.split(" ", -1)));
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseCompactObjectHeaders",
            "-Dio.netty.leakDetection.level=disabled",
            "-Dlogback.configurationFile=logback-bench.xml",
            "-cp",
            System.getProperty("java.class.path"),
            RoomsMain.class.getName(),
            folder.toString()));
    RunningProgram program = run.start(command).awaitOutput("rooms are ready", Deployment.PATIENCE);
    CertificateAuthority authority =
        CertificateAuthority.open(
            SealingKey.fromFile(folder.resolve("key")),
            Files.readAllBytes(folder.resolve("ca")),
            InstantSource.system());
    MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollLoops.handlers());
    run.own(() -> loops.shutdownGracefully());
    return new Running(program, authority, loops);
  }
}
