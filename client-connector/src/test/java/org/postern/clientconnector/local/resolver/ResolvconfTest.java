package org.postern.clientconnector.local.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.postern.clientconnector.local.Ipv4Range;
import org.postern.clientconnector.local.OwnedNames;
import org.postern.clientconnector.local.support.Sandbox;
import org.postern.clientconnector.local.system.Commands;
import org.postern.clientconnector.local.system.SystemCommands;

/**
 * openresolv itself (package openresolv), in a mount namespace with an /etc and a /run of its own.
 */
class ResolvconfTest {

  private static final String OWN_ETC =
      """
      set -e
      PATH=$PATH:/usr/sbin:/sbin
      command -v resolvconf || { echo "resolvconf is missing (package openresolv)"; exit 1; }
      cp -a /etc "$0/etc" 2>/dev/null || :
      mount --bind "$0/etc" /etc
      mount -t tmpfs tmpfs /run
      mkdir -p /run/resolvconf
      rm -f /etc/resolv.conf
      printf 'nameserver 192.0.2.1\\nsearch lan.example\\n' | resolvconf -a eth0
      """;

  @Test
  void ourServerIsTheOnlyOneWhileWeRunAndGoneAfterwards() throws Exception {
    try (Sandbox sandbox = Sandbox.create("nameserver 127.0.0.1\n")) {
      // The namespace of the holder is changed, so that what is started later sees it.
      Sandbox.Outcome made = sandbox.run("sh", "-c", OWN_ETC, sandbox.directory().toString());
      assertThat(made.status()).as(made.output()).isZero();
      String before = sandbox.run("cat", "/etc/resolv.conf").output();
      assertThat(before).contains("nameserver 192.0.2.1");
      Process inside = sandbox.java(Inside.class, List.of());
      try (BufferedReader said =
          new BufferedReader(
              new InputStreamReader(inside.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(Sandbox.await(said, "keeper ")).isEqualTo("RESOLVCONF resolvconf");
        assertThat(Sandbox.await(said, "upstreams ")).isEqualTo("[/192.0.2.1:53]");
        Sandbox.await(said, "pointed");
        assertThat(sandbox.run("cat", "/etc/resolv.conf").output())
            .contains("nameserver 100.64.0.2", "search corp.internal lan.example")
            .doesNotContain("192.0.2.1");
        inside.getOutputStream().close();
        Sandbox.await(said, "undone");
      } finally {
        inside.destroyForcibly();
      }
      assertThat(sandbox.run("cat", "/etc/resolv.conf").output())
          .startsWith(before)
          .doesNotContain("100.64.0.2", "corp.internal");
    }
  }

  /** The program that runs in there; ends when its input does. */
  static final class Inside {
    private Inside() {}

    /** See the class. */
    public static void main(String[] arguments) throws IOException {
      Commands commands = new SystemCommands(null, Duration.ofSeconds(10));
      Path run = Files.createTempDirectory(Path.of("/run"), "undo");
      try (UndoJournal journal = UndoJournal.open(run, commands)) {
        ResolverDetection detection =
            new ResolverDetection(ResolverDetection.RESOLV_CONF, commands, journal);
        ResolverDetection.Keeper keeper = detection.detect();
        MachineResolver resolver =
            detection.open(keeper, "postern0", List::of, Ipv4Range.parseAddress("100.64.0.2"));
        System.out.println("keeper " + keeper + " " + resolver.kind());
        System.out.println("upstreams " + resolver.upstreams());
        resolver.point(
            new OwnedNames(
                Set.of("corp.internal"), Set.of(), List.of("corp.internal"), List.of(), 1));
        System.out.println("pointed");
        int end = System.in.read();
        assert end < 0;
      }
      System.out.println("undone");
    }
  }
}
