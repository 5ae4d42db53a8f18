package org.postern.acceptance.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class NetworkNamespacesTest {
  private static NetworkNamespaces networks;

  @BeforeAll
  static void build() throws Exception {
    networks = NetworkNamespaces.create();
  }

  @AfterAll
  static void end() {
    if (networks != null) {
      networks.close();
    }
  }

  @Test
  void everyRoomReachesTheCloud() throws Exception {
    try (RunningProgram server = networks.start(Room.CLOUD, "iperf3", "-s", "-1", "--forceflush")) {
      server.awaitOutput("listening", Duration.ofSeconds(60));
      assertThat(networks.run(Room.VPC_A, "iperf3", "-c", Room.CLOUD.address(), "-n", "1M"))
          .contains("receiver");
    }
  }

  @Test
  void aPrivateNetworkDropsWhatItDidNotAskForAndCountsIt() throws Exception {
    long before = networks.packets(Room.VPC_B).getOrDefault("unasked", 0L);
    assertNoAnswer(Room.CLOUD, Room.VPC_B.address());
    // One as a rule; the kernel repeats it when curl is slow to end.
    assertThat(networks.packets(Room.VPC_B).getOrDefault("unasked", 0L)).isGreaterThan(before);
  }

  @Test
  void applicationAddressesExistOnlyInsideAndOverlap() throws Exception {
    assertThat(networks.run(Room.VPC_A, "ip", "-4", "addr")).contains(Room.APPLICATION_ADDRESS);
    assertThat(networks.run(Room.VPC_B, "ip", "-4", "addr")).contains(Room.APPLICATION_ADDRESS);
    assertNoAnswer(Room.USER, Room.APPLICATION_ADDRESS);
  }

  /** Curl's word for silence. */
  private static void assertNoAnswer(Room from, String address) {
    assertThatThrownBy(
            () -> networks.run(from, "curl", "-sS", "--max-time", "0.6", "http://" + address))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended with 28");
  }

  @Test
  void nothingIsLeftWhenTheNetworksAreClosed() throws Exception {
    RunningProgram stray;
    try (NetworkNamespaces own = NetworkNamespaces.create()) {
      stray = own.start(Room.USER, "sleep", "600");
      assertThat(stray.isAlive()).isTrue();
    }
    stray.awaitExit(Duration.ofSeconds(60));
    assertThat(RunningProgram.run(Duration.ofSeconds(60), "ip", "netns", "list"))
        .doesNotContain("vpc-a");
  }
}
