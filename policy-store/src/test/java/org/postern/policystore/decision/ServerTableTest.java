package org.postern.policystore.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postern.policystore.Application;
import org.postern.policystore.HostPattern;
import org.postern.policystore.Obligations;
import org.postern.policystore.PolicyConfiguration;
import org.postern.policystore.PortRange;
import org.postern.policystore.Server;
import org.postern.policystore.ServerGroup;

class ServerTableTest {
  private static final Server ONE = new Server("10.0.0.1", 0);
  private static final Server TWO = new Server("10.1.0.1", 8443);
  private static final Application PLAIN =
      new Application(
          "a",
          List.of(new HostPattern.ExactName("a.b")),
          List.of(new PortRange(443, 443)),
          List.of(),
          List.of("east"),
          Obligations.NONE);

  private final ServerTable table =
      new ServerTable(
          PolicyConfiguration.EMPTY.withServerGroups(
              List.of(
                  new ServerGroup("one", false, List.of(ONE), List.of("east")),
                  new ServerGroup("two", false, List.of(TWO), List.of("west")),
                  new ServerGroup("any", true, List.of(), List.of("west")))));

  @Test
  void applicationWithoutServerGroupsStaysAsItIs() {
    assertThat(table.complete(PLAIN)).isSameAs(PLAIN);
    assertThat(table.targets("a")).isEmpty();
  }

  @Test
  void eachConnectorGroupDialsTheServersThatItReaches() {
    Application written =
        PLAIN.withConnectorGroups(List.of()).withServerGroups(List.of("any", "one", "two"));
    assertThat(table.complete(written).connectorGroups()).containsExactly("east", "west");
    assertThat(table.targets("a"))
        .isEqualTo(
            Map.of(
                "east", new DialTargets(false, List.of(ONE)),
                "west", new DialTargets(true, List.of(TWO))));
  }

  @Test
  void ownConnectorGroupsDialEveryServer() {
    Application written = PLAIN.withServerGroups(List.of("one", "two"));
    assertThat(table.complete(written).connectorGroups()).containsExactly("east");
    assertThat(table.targets("a"))
        .isEqualTo(Map.of("east", new DialTargets(false, List.of(ONE, TWO))));
  }

  @Test
  void targetIsReachedThroughAnyServerWithItsOwnPort() {
    DialTargets targets = new DialTargets(false, List.of(ONE, TWO));
    assertThat(targets.any("a.b", 443, (host, port) -> host.equals("10.1.0.1") && port == 8443))
        .isTrue();
    assertThat(targets.any("a.b", 443, (host, port) -> host.equals("10.0.0.1") && port == 443))
        .isTrue();
    assertThat(targets.any("a.b", 443, (host, port) -> host.equals("a.b"))).isFalse();
  }
}
