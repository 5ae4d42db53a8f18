package org.postern.clientconnector.local.redirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.Ipv6Range;
import org.postern.clientconnector.local.Ipv6Twin;
import org.postern.clientconnector.local.PortRange;
import org.postern.clientconnector.local.system.Commands;

/** What nft is told; that the kernel does with it what is meant is tested where it runs. */
class RedirectTableTest {

  private static final Ipv6Twin TWIN =
      new Ipv6Twin(Ipv6Range.parse("fd12:3456:789a::/96"), Ipv4Range.parse("100.64.0.0/16"));
  private static final int WEB = Ipv4Range.parseAddress("100.64.7.9");
  private static final int OTHER = Ipv4Range.parseAddress("100.64.7.10");
  private static final List<PortRange> HTTPS = List.of(new PortRange(443, 443));

  private final List<String> scripts = new ArrayList<>();
  private boolean refuses;

  private final RedirectTable table =
      new RedirectTable(
          new Commands() {
            @Override
            public String run(String input, List<String> command) throws IOException {
              if (refuses) {
                throw new IOException("no NAT for this version");
              }
              scripts.add(input);
              return "";
            }

            @Override
            public boolean isInstalled(String program) {
              return true;
            }
          },
          "postern0",
          Ipv4Range.parseAddress("100.64.0.2"),
          4_001);

  @BeforeEach
  void install() throws IOException {
    table.install();
    assertThat(scripts.removeFirst())
        .contains("add table ip postern_postern0")
        .doesNotContain("ip6", "ipv6");
  }

  private static RedirectTable.AddressPorts permitted(int address) {
    return new RedirectTable.AddressPorts(address, HTTPS);
  }

  @Test
  void addressAndTwinOpenAndShutTogether() throws Exception {
    table.addTwin(TWIN, 6_001);
    scripts.clear();
    table.permit(List.of(permitted(WEB)));
    assertThat(scripts)
        .containsExactly(
            """
            add chain ip postern_postern0 ports_0
            add rule ip postern_postern0 ports_0 tcp dport { 443 } redirect to :4001
            add element ip postern_postern0 names { 100.64.7.9 : jump ports_0 }
            add chain ip6 postern_postern0 ports_0
            add rule ip6 postern_postern0 ports_0 tcp dport { 443 } redirect to :6001
            add element ip6 postern_postern0 names { fd12:3456:789a::6440:709 : jump ports_0 }
            """);
    scripts.clear();
    table.permit(List.of(new RedirectTable.AddressPorts(WEB, List.of())));
    assertThat(scripts)
        .containsExactly(
            """
            delete element ip postern_postern0 names { 100.64.7.9 }
            delete element ip6 postern_postern0 names { fd12:3456:789a::6440:709 }
            """);
  }

  @Test
  void twinThatComesLaterHasWhatIsOpenAlready() throws Exception {
    table.permit(List.of(permitted(WEB)));
    table.permitEveryPort(List.of(OTHER));
    scripts.clear();
    table.addTwin(TWIN, 6_001);
    assertThat(scripts).hasSize(1);
    assertThat(scripts.getFirst())
        .contains("add table ip6 postern_postern0")
        .contains("ip6 daddr fd12:3456:789a::6440:2 tcp dport 53 redirect to :6001")
        .contains("add rule ip6 postern_postern0 ports_0 tcp dport { 443 } redirect to :6001")
        .contains("fd12:3456:789a::6440:709 : jump ports_0")
        .contains("fd12:3456:789a::6440:70a : jump every_port")
        .doesNotContain("4001");
  }

  @Test
  void refusedTwinLeavesIpv4AsItIs() throws Exception {
    refuses = true;
    assertThatThrownBy(() -> table.addTwin(TWIN, 6_001)).isInstanceOf(IOException.class);
    refuses = false;
    table.dropTwin();
    table.permit(List.of(permitted(WEB)));
    assertThat(scripts).hasSize(1);
    assertThat(scripts.getFirst()).contains("100.64.7.9").doesNotContain("ip6");
  }

  @Test
  void droppedTwinIsTakenAway() throws Exception {
    table.addTwin(TWIN, 6_001);
    scripts.clear();
    table.dropTwin();
    assertThat(scripts)
        .containsExactly("add table ip6 postern_postern0\ndelete table ip6 postern_postern0\n");
    table.permit(List.of(permitted(WEB)));
    assertThat(scripts.getLast()).doesNotContain("ip6");
  }

  @Test
  void addressThatChangesTwiceInOneBatchIsWrittenOnce() throws Exception {
    List<PortRange> ssh = List.of(new PortRange(22, 22));
    table.permit(
        List.of(permitted(WEB), new RedirectTable.AddressPorts(WEB, ssh), permitted(OTHER)));
    assertThat(scripts.getFirst())
        .doesNotContain("delete")
        .endsWith("names { 100.64.7.9 : jump ports_1, 100.64.7.10 : jump ports_0 }\n");
  }
}
