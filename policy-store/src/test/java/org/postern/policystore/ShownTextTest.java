package org.postern.policystore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShownTextTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 0x07, 0x0a, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028,
        0x2029, 0x202a, 0x202e, 0x2066, 0x2069
      })
  void whatRearrangesALineOrSteersATerminalIsSeen(int point) {
    assertThat(ShownText.of("a" + Character.toString(point) + "b")).isEqualTo("a\uFFFDb");
  }

  @Test
  void namesOfAllLanguagesStayAsTheyAre() {
    for (String name :
        new String[] {"Zoë Ångström", "李雷", "שרה", "علی", "O'Neil <x>", "🦊 box", "\u00a0"}) {
      assertThat(ShownText.of(name)).isEqualTo(name);
    }
  }
}
