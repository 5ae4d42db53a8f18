package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.IpAddress;
import org.postern.clientconnector.local.IpRange;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.system.Commands;

class RoutableRangesTest {
  private static final InterceptionOptions OPTIONS =
      InterceptionOptions.in(Path.of("state"), Path.of("run"))
          .withCarriersTo(
              Stream.of("192.0.2.7", "2001:db8:7::7")
                  .map(InetAddress::ofLiteral)
                  .map(IpAddress::of)
                  .toList());
  private static final Ipv6Twin TWIN =
      new Ipv6Twin(Ipv6Range.parse("fd12:3456:789a::/96"), OPTIONS.range());

  private static List<String> kept(@Nullable Ipv6Twin twin, String... ranges) {
    return new RoutableRanges(
            OPTIONS, twin, Set.of(IpRange.parse("10.9.0.0/16"), IpRange.parse("::/0")))
        .of(Stream.of(ranges).map(IpRange::parse).toList()).stream()
            .map(IpRange::toString)
            .toList();
  }

  @Test
  void rangeThatHoldsTheBrokerWouldCarryItselfAndIsLeftAlone() {
    assertThat(kept(TWIN, "192.0.2.0/24", "192.0.3.0/24", "2001:db8:7::/48", "2001:db8:8::/48"))
        .containsExactly("192.0.3.0/24", "2001:db8:8::/48");
  }

  @Test
  void rangeThatHoldsSyntheticAddressesOrTheMachinesOwnIsLeftAlone() {
    assertThat(
            kept(
                TWIN,
                "100.64.1.0/24",
                "127.0.0.0/16",
                "169.254.169.254",
                "fd12:3456:789a::/64",
                "fe80::/64",
                "ff02::/16",
                "::1",
                "::/0",
                "fd99::/64"))
        .containsExactly("fd99::/64");
  }

  @Test
  void routeThatTheMachineHasAlreadyStaysItsOwn() {
    assertThat(kept(TWIN, "10.9.0.0/16", "10.0.0.0/8", "10.9.9.0/24", "::/0"))
        .containsExactly("10.0.0.0/8", "10.9.9.0/24");
  }

  @Test
  void routesOfOtherDevicesAreRead() throws Exception {
    RouteClash routes =
        new RouteClash(
            new Commands() {
              @Override
              public String run(String input, List<String> command) {
                return command.contains("-6")
                    ? """
                    2001:db8:1::/48 dev eth0 proto kernel metric 256
                    unreachable fd00::/8 dev lo metric 1024
                    2001:db8:77::/48 dev postern0 metric 1024
                    """
                    : """
                    default via 10.1.0.1 dev eth0
                    10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.7
                    10.77.0.0/16 dev postern0 scope link
                    10.2.0.9 via 10.1.0.2 dev eth0
                    """;
              }

              @Override
              public boolean isInstalled(String program) {
                return true;
              }
            });
    assertThat(routes.ofOthers("postern0"))
        .extracting(IpRange::toString)
        .containsExactlyInAnyOrder("0.0.0.0/0", "10.1.0.0/24", "10.2.0.9/32", "2001:db8:1::/48");
  }

  @Test
  void withoutIpv6OnlyTheOthersAreTaken() {
    assertThat(kept(null, "10.0.0.0/8", "2001:db8:8::/48")).containsExactly("10.0.0.0/8");
  }
}
