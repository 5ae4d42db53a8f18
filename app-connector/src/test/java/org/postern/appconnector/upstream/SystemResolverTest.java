package org.postern.appconnector.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SystemResolverTest {
  @TempDir private Path folder;

  @Test
  void serversAndHostsAreReadAndSearchDomainsAreNot() throws IOException {
    Path resolvConf = folder.resolve("resolv.conf");
    Path hosts = folder.resolve("hosts");
    Files.writeString(
        resolvConf,
        "# a comment\nsearch corp.test\nnameserver 10.0.0.2\nnameserver fd00::2\nnameserver x\n");
    Files.writeString(hosts, "10.1.2.3 Db.Corp.Test db\nfd00::3 db.corp.test\n");
    SystemResolver system = SystemResolver.read(resolvConf, hosts);
    assertThat(system.servers()).extracting(InetSocketAddress::getPort).containsExactly(53, 53);
    assertThat(system.hosts().get("db.corp.test")).hasSize(2);
    assertThat(system.hosts().get("db")).hasSize(1);
  }

  @Test
  void missingHostsFileIsNoTrouble() throws IOException {
    Path resolvConf = folder.resolve("resolv.conf");
    Files.writeString(resolvConf, "nameserver 10.0.0.2\n");
    assertThat(SystemResolver.read(resolvConf, folder.resolve("none")).servers()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.2, 53",
    "10.0.0.2:5353, 5353",
    "fd00::2, 53",
    "[fd00::2], 53",
    "[fd00::2]:54, 54"
  })
  void serverOptionIsReadWithAndWithoutPort(String text, int port) {
    assertThat(SystemResolver.parseServer(text).getPort()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "dns.test", "10.0.0.2:", "10.0.0.2:0", "10.0.0.2:99999", "[x]:53"})
  void whatIsNoServerIsToldWithWhatWasExpected(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SystemResolver.parseServer(text))
        .withMessageContaining("expected an address like");
  }
}
