package org.postern.acceptance.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.appconnector.upstream.SystemResolver;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.Target;
import org.postern.policystore.AccessRule;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.PortRange;
import org.postern.policystore.RuleMatch;
import org.postern.policystore.decision.Snapshot;

/** A person may reach so many names that one message does not hold them. */
final class LargeNamePlanTest {
  private static final int NAMES = 30_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  /** Outside our domains, so that the device is told of each: more than 1 MiB in all. */
  private static String name(int i) {
    return "application-%06d.of-a-partner.example".formatted(i);
  }

  private static Snapshot everything(Snapshot base, long version, int port) {
    Obligations loopback = new Obligations(Duration.ZERO, Duration.ZERO, true, false, false);
    List<PortRange> ports = List.of(new PortRange(port, port));
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < NAMES; i++) {
      applications.add(
          new Application(
              "application-" + i,
              List.of(new HostPattern.ExactName(name(i))),
              ports,
              List.of(),
              List.of("vpc-a"),
              loopback));
    }
    return Snapshot.build(
        version,
        base.configuration()
            .withApplications(applications)
            .withRules(
                List.of(
                    new AccessRule(
                        "everybody",
                        AccessRule.Action.ALLOW,
                        applications.stream().map(Application::name).toList(),
                        new RuleMatch.Subjects(true, List.of(), List.of())))),
        base.identities());
  }

  @Test
  void everyNameReachesTheDeviceAndTheLastOneWorks() throws Exception {
    try (EchoApplication echo = new EchoApplication();
        OneProcess all = new OneProcess(directory, Policies.allowing(1, echo.port()))) {
      all.change(everything(all.snapshot.get(), 2, echo.port()));
      all.connector(
          "vpc-a",
          "c1",
          new SystemResolver(
              List.of(), Map.of(name(NAMES - 1), List.of(InetAddress.getLoopbackAddress()))));
      OneProcess.Device device = all.device("u1", "d1");
      await()
          .atMost(PATIENCE)
          .until(
              () -> device.names().getOrDefault("plan", OwnedNames.NONE).names().size() == NAMES);
      assertThat(device.names().getOrDefault("plan", OwnedNames.NONE).owns(name(NAMES - 1)))
          .isTrue();
      try (Program program = Program.connect(device, new Target(name(NAMES - 1), echo.port()))) {
        assertThat(program.ask("hello")).isEqualTo("hello");
      }
      all.change(Policies.allowing(3, echo.port()));
      await()
          .atMost(PATIENCE)
          .until(() -> device.names().getOrDefault("plan", OwnedNames.NONE).names().isEmpty());
    }
  }
}
