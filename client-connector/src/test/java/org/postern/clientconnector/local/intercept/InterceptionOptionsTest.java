package org.postern.clientconnector.local.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv6Range;

class InterceptionOptionsTest {

  private static InterceptionOptions with(Ipv6Choice ipv6) {
    InterceptionOptions defaults = InterceptionOptions.in(Path.of("state"), Path.of("run"));
    return new InterceptionOptions(
        defaults.interfaceName(),
        defaults.range(),
        ipv6,
        defaults.stateDirectory(),
        defaults.runDirectory(),
        defaults.resolver(),
        List.of());
  }

  @Test
  void twinsAreOfThisDeviceUnlessMovedOrSwitchedOff() {
    assertThat(InterceptionOptions.in(Path.of("state"), Path.of("run")).ipv6())
        .isEqualTo(new Ipv6Choice.OfThisDevice());
    assertThat(Ipv6Choice.parse("off")).isEqualTo(new Ipv6Choice.Off());
    Ipv6Choice moved = Ipv6Choice.parse("fd12:3456:789a::/96");
    assertThat(moved).isEqualTo(new Ipv6Choice.At(Ipv6Range.parse("fd12:3456:789a::/96")));
    assertThat(with(moved).ipv6()).isEqualTo(moved);
  }

  @Test
  void whatIsNoPrefixForTwinsIsRefusedWithWhatWasExpected() {
    for (String text :
        List.of("fd12::/64", "2001:db8::/96", "fd12:3456:789a::1", "100.64.0.0/16", "on", "")) {
      assertThatThrownBy(() -> with(Ipv6Choice.parse(text)))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a /96 in fd00::/8");
    }
  }
}
